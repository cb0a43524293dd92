"""Grid search: evenly spaced points, in order."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import cycle, product
from typing import Annotated, Any, ClassVar, Self

from annotated_types import Ge

from trace_core import ParameterNode
from trace_core.llm import LLM
from trace_core.optimizers import Optimizer
from trace_core.opto import BOUNDS, Interval, Problem


class Grid(Optimizer):
    """Visits a grid over the bounds, the last parameter fastest, and then begins again.

    The start is evaluated first. Nothing is read from outcomes: a run's best is for the report.

    Args:
        parameters: numbers.
        bounds: an interval for each parameter, by base name.
        points: how many values of each parameter, ends included; whole numbers are rounded.
    """

    needs: ClassVar[frozenset[str]] = frozenset({BOUNDS})

    def __init__(
        self,
        parameters: Sequence[ParameterNode[Any]],
        bounds: Mapping[str, Interval],
        *,
        points: Annotated[int, Ge(2)] = 7,
    ) -> None:
        super().__init__(parameters)
        axes = [values(bounds[p.base_name], points) for p in parameters]
        self._points = cycle(product(*axes))

    @classmethod
    def for_problem(
        cls, problem: Problem, *, seed: int, llm: LLM | None = None, **settings: Any
    ) -> Self:
        """Take the problem's bounds; every seed has the same grid."""
        return cls(problem.parameters, problem.bounds, **settings)

    def step(self) -> dict[str, Any]:
        """Move to the next point; stay before the first outcome."""
        entry: dict[str, Any] = {"updated": {}}
        if not self.outcomes:
            entry["note"] = "no outcome since zero_feedback: nothing changed"
        else:
            for parameter, value in zip(self.parameters, next(self._points), strict=True):
                parameter.update(value)
                entry["updated"][parameter.base_name] = value
        self.log.append(entry)
        return entry


def values(interval: Interval, points: int) -> list[float]:
    """Evenly spaced numbers from one end of the interval to the other, without repetitions.

    >>> values(Interval(15, 90, integer=True), 4)
    [15, 40, 65, 90]
    """
    low, high = interval.low, interval.high
    if interval.integer:
        low, high = math.ceil(low), math.floor(high)
    spaced = [low + (high - low) * k / (points - 1) for k in range(points)]
    return list(dict.fromkeys(map(round, spaced))) if interval.integer else spaced
