"""CMA-ES (Hansen and Ostermeier, 2001) with pycma: evolution that learns which way to mutate."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from annotated_types import Ge, Gt

from trace_core import ParameterNode, UserError
from trace_core.llm import LLM
from trace_core.optimizers import BlackBox, Point, Step
from trace_core.opto import NUMBERS, SCORE, Interval, Problem

if TYPE_CHECKING:
    import numpy as np

STREAM = 0xC3A
"""Sets the random stream apart from others that are seeded with the number of the trial."""
FEWEST_DIMENSIONS = 2
"""Of pycma: a single number gets a companion without effect."""


class CmaEs(BlackBox):
    """Draws points from a normal distribution that moves and stretches towards the good ones.

    The points of a generation are evaluated one after the other, an iteration each. The first
    generation is drawn around the common start. A failed evaluation is worse than all others.
    Where a task's own parameters are no numbers, it searches over the numbers that the task offers
    in their place (`Problem.in_numbers`), for instance the gains of a hand-written controller.

    Args:
        parameters: numbers.
        bounds: an interval for each parameter, by base name.
        lower_is_better: which scores are good.
        population: points of a generation; None is pycma's default, 4 + 3 ln(dimensions).
        spread: the first standard deviation, as a part of each interval.
        seed: decides all that is random.
    """

    needs: ClassVar[frozenset[str]] = frozenset({SCORE, NUMBERS})

    def __init__(
        self,
        parameters: Sequence[ParameterNode[Any]],
        bounds: Mapping[str, Interval],
        lower_is_better: bool = True,
        *,
        population: Annotated[int, Ge(2)] | None = None,
        spread: Annotated[float, Gt(0)] = 0.3,
        seed: int = 0,
    ) -> None:
        import numpy as np

        super().__init__(parameters, bounds, lower_is_better)
        start = [
            (p.data - i.low) / _width(i) for p, i in zip(parameters, self.intervals, strict=True)
        ]
        start += [0.5] * (FEWEST_DIMENSIONS - len(start))
        options = {"popsize": population} if population else {}
        normal = _Normal(np.random.default_rng((seed, STREAM)))
        self._search = _cma().CMAEvolutionStrategy(
            start,
            spread,
            {
                "bounds": [0, 1],
                "randn": normal,
                "seed": math.nan,  # else it would seed NumPy's global generator
                "verbose": -9,
                "verb_log": 0,
                "verb_disp": 0,
                **options,
            },
        )
        self._generation: list[Any] = []
        self._costs: list[float | None] = []
        self._worst = 0.0

    @classmethod
    def for_problem(
        cls, problem: Problem, *, seed: int, llm: LLM | None = None, **settings: Any
    ) -> Self:
        """Take the numbers that the problem offers, their bounds, and the run's seed."""
        return super().for_problem(problem.in_numbers(), seed=seed, llm=llm, **settings)

    def fit(self, problem: Problem, budget: int) -> Iterator[Step]:
        """Run the usual loop on the problem in numbers."""
        yield from super().fit(problem.in_numbers(), budget)

    def ask(self) -> Sequence[float]:
        """The next point of the generation; after the last, the first of the next one."""
        if len(self._costs) == len(self._generation):
            if self._generation:
                self._search.tell(self._generation, self._ranked())
            self._generation, self._costs = self._search.ask(), []
        point = self._generation[len(self._costs)]
        return [i.low + float(x) * _width(i) for x, i in zip(point, self.intervals, strict=False)]

    def tell(self, point: Point, cost: float | None) -> None:
        """Note what a point of the generation is worth; the common start belongs to none."""
        if cost is not None:
            self._worst = max(self._worst, cost)
        if self._generation:
            self._costs.append(cost)

    def _ranked(self) -> list[float]:
        return [self._worst + 1 if cost is None else cost for cost in self._costs]


class _Normal:
    """What pycma draws from: a generator of ours, in a form that can be pickled."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def __call__(self, *shape: int) -> Any:
        return self._rng.standard_normal(shape)


def _width(interval: Interval) -> float:
    return (interval.high - interval.low) or 1.0


def _cma() -> Any:
    try:
        import cma
    except ImportError as error:
        raise UserError("cma_es needs cma: pip install 'trace-bench[metaworld]'") from error
    return cma
