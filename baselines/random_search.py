"""Random search: uniform within the bounds. What any black-box optimizer must beat."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

from trace_core import ParameterNode
from trace_core.llm import LLM
from trace_core.optimizers import Optimizer
from trace_core.opto import BOUNDS, Interval, Problem

if TYPE_CHECKING:
    import numpy as np

STREAM = 0x5EA4C4
"""Sets the random stream apart from others that are seeded with the number of the trial."""


class RandomSearch(Optimizer):
    """Propose uniform random values, whatever the outcome was; failures count like any other.

    The start is evaluated first, since `step` comes after an evaluation. Nothing is read from
    outcomes, the score neither: a run's best is for the report to find.

    Args:
        parameters: numbers.
        bounds: an interval for each parameter, by base name.
        seed: decides all proposals.
    """

    needs: ClassVar[frozenset[str]] = frozenset({BOUNDS})

    def __init__(
        self,
        parameters: Sequence[ParameterNode[Any]],
        bounds: Mapping[str, Interval],
        *,
        seed: int = 0,
    ) -> None:
        import numpy as np

        super().__init__(parameters)
        missing = [p.base_name for p in parameters if p.base_name not in bounds]
        if missing:
            raise ValueError(f"no bounds for {', '.join(missing)}")
        self.bounds = bounds
        self._rng = np.random.default_rng((seed, STREAM))

    @classmethod
    def for_problem(
        cls, problem: Problem, *, seed: int, llm: LLM | None = None, **settings: Any
    ) -> Self:
        """Take the problem's bounds and the run's seed."""
        return cls(problem.parameters, problem.bounds, seed=seed, **settings)

    def step(self) -> dict[str, Any]:
        """Draw a new value for each parameter; none before the first outcome."""
        entry: dict[str, Any] = {"updated": {}}
        if not self.outcomes:
            entry["note"] = "no outcome since zero_feedback: nothing changed"
        else:
            for parameter in self.parameters:
                value = draw(self._rng, self.bounds[parameter.base_name])
                parameter.update(value)
                entry["updated"][parameter.base_name] = value
        self.log.append(entry)
        return entry


def draw(rng: np.random.Generator, interval: Interval) -> float | int:
    """A uniform number in the interval, as a plain Python number."""
    if interval.integer:
        low, high = math.ceil(interval.low), math.floor(interval.high)
        return int(rng.integers(low, high, endpoint=True))
    return float(rng.uniform(interval.low, interval.high))
