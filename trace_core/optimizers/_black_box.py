"""What optimizers have in common that see numbers in and a score out."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from trace_core._node import ParameterNode
from trace_core.llm import LLM
from trace_core.opto import BOUNDS, SCORE, Interval, Problem

from ._base import Optimizer

Point = tuple[float, ...]
"""A value for each parameter, whole where the interval says so."""


class BlackBox(Optimizer):
    """Proposes points from the scores of earlier ones; a subclass supplies `ask` and `tell`.

    One evaluation is one iteration, and the first point is the start that all optimizers share.

    Args:
        parameters: numbers.
        bounds: an interval for each parameter, by base name.
        lower_is_better: which scores are good.
    """

    needs: ClassVar[frozenset[str]] = frozenset({SCORE, BOUNDS})

    def __init__(
        self,
        parameters: Sequence[ParameterNode[Any]],
        bounds: Mapping[str, Interval],
        lower_is_better: bool = True,
    ) -> None:
        super().__init__(parameters)
        missing = [p.base_name for p in parameters if p.base_name not in bounds]
        if missing:
            raise ValueError(f"no bounds for {', '.join(missing)}")
        self.intervals = [bounds[p.base_name] for p in parameters]
        self.sign = 1.0 if lower_is_better else -1.0
        self._evaluated: set[Point] = set()
        self._highest: float | None = None

    @classmethod
    def for_problem(
        cls, problem: Problem, *, seed: int, llm: LLM | None = None, **settings: Any
    ) -> Self:
        """Take the problem's bounds and direction, and the run's seed."""
        arguments: dict[str, Any] = {"seed": seed, **settings}
        return cls(problem.parameters, problem.bounds, problem.lower_is_better, **arguments)

    @abstractmethod
    def ask(self) -> Sequence[float]:
        """The next point to evaluate, in any number type; it is rounded and clipped."""

    @abstractmethod
    def tell(self, point: Point, cost: float | None) -> None:
        """Learn that `point` has this cost, the lower the better; None if it failed."""

    def step(self) -> dict[str, Any]:
        """Tell the score of the current parameters and move to the next point."""
        entry: dict[str, Any] = {"updated": {}}
        if not self.outcomes:
            entry["note"] = "no outcome since zero_feedback: nothing changed"
        else:
            point = tuple(parameter.data for parameter in self.parameters)
            self._evaluated.add(point)
            self.tell(point, self._cost())
            for parameter, value in zip(self.parameters, self.fitting(self.ask()), strict=True):
                parameter.update(value)
                entry["updated"][parameter.base_name] = value
        self.log.append(entry)
        return entry

    def fitting(self, point: Sequence[float]) -> Point:
        """The point as plain numbers that the parameters can take."""
        return tuple(_fit(value, i) for value, i in zip(point, self.intervals, strict=True))

    def was_evaluated(self, point: Sequence[float]) -> bool:
        """Whether the problem has been asked about what this point becomes."""
        return self.fitting(point) in self._evaluated

    def or_highest(self, cost: float | None) -> float | None:
        """A cost; for a failure the highest so far, None while there is none to compare with."""
        if cost is None:
            return self._highest
        self._highest = cost if self._highest is None else max(cost, self._highest)
        return cost

    def _cost(self) -> float | None:
        """The mean over a minibatch; None if any of it failed."""
        scores = [outcome.score for outcome in self.outcomes]
        known = [score for score in scores if score is not None and math.isfinite(score)]
        if len(known) < len(scores):
            return None
        return self.sign * sum(known) / len(known)


def _fit(value: float, interval: Interval) -> float:
    if interval.integer:
        low, high = math.ceil(interval.low), math.floor(interval.high)
        return max(low, min(high, round(float(value))))
    return max(interval.low, min(interval.high, float(value)))
