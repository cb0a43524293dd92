"""The task: which graphs are its trials."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Annotated, ClassVar

from annotated_types import Ge, Gt, Le

from trace_core import UserError
from trace_core.opto import BOUNDS, FEEDBACK, GRADIENT, SCORE, Problem, Task

from .problem import SEARCH, NumericalProblem
from .trial import Family, Trial

MAX_START_ERROR = 30.0
"""Largest |y(x0) - y*| of a trial: a few graphs with errors of thousands would rule every mean."""
SAMPLER_SEEDS_TRIED = 10_000


class Numerical(Task):
    """Numerical optimization through binary feedback (§5.1, App. H.2; Fig. 5a).

    A sampler seed makes a trial if its problem is not solved at the start and starts with an error
    below `MAX_START_ERROR`.

    Args:
        chain_length: operations in the graph.
        max_gen_var: most constants in the graph.
        logic: let some operations be a choice between two, by a comparison.
        start: initial value of the parameter `input_x`.
        tolerance: largest |y - y*| that counts as success, in units of y.
        seeds: sampler seed of each trial; None takes the first that the rule admits, from 0 up.
    """

    metric: ClassVar[str] = "absolute error |y - y*|"
    provides: ClassVar[frozenset[str]] = frozenset({FEEDBACK, SCORE, BOUNDS, GRADIENT})
    cpu_bound: ClassVar[bool] = False
    iterations: ClassVar[int] = 10

    def __init__(
        self,
        *,
        chain_length: Annotated[int, Ge(1)] = 7,
        max_gen_var: Annotated[int, Ge(1)] = 4,
        logic: bool = False,
        start: Annotated[float, Ge(SEARCH.low), Le(SEARCH.high)] = -1.0,
        tolerance: Annotated[float, Gt(0), Le(MAX_START_ERROR)] = 1e-3,
        seeds: Sequence[Annotated[int, Ge(0)]] | None = None,
    ) -> None:
        self.start = start
        self.tolerance = tolerance
        self.seeds = seeds
        self.trials = None if seeds is None else len(seeds)
        self.family = Family(chain_length, max_gen_var, logic, start, tolerance, MAX_START_ERROR)

    def problem(self, seed: int) -> NumericalProblem:
        """Trial `seed`.

        Raises:
            UserError: there is no such trial, or the list of seeds belongs to other settings.
        """
        return NumericalProblem(self.trial(seed), start=self.start, tolerance=self.tolerance)

    def trial(self, seed: int) -> Trial:
        """Trial `seed` as plain data, hidden solution included: not for optimizers."""
        sampler_seed = self._search(seed) if self.seeds is None else self._look_up(seed, self.seeds)
        return self.family.trial(sampler_seed)

    def calibrate(self, problem: Problem, score: float) -> float:
        """0 = stay at the start, 1 = solved; negative if the error has grown."""
        assert isinstance(problem, NumericalProblem)
        return problem.calibrate(score)

    def _look_up(self, seed: int, seeds: Sequence[int]) -> int:
        # All are checked at once, so that a sweep fails before its first run or not at all.
        strangers = [s for s in seeds if not self.family.admits(s)]
        if strangers:
            raise UserError(
                f"task.seeds was made for other settings: sampler seeds {strangers} give problems "
                "that are solved at the start or too far from it. Set task.seeds=null."
            )
        if not 0 <= seed < len(seeds):
            raise UserError(
                f"seed={seed} is beyond the {len(seeds)} trials of task.seeds, which are numbered "
                "from 0. task.seeds=null gives more."
            )
        return seeds[seed]

    def _search(self, seed: int) -> int:
        if seed < 0:
            raise UserError(f"seed={seed} is no trial: they are numbered from 0.")
        found = next(islice(self.family.admitted(SAMPLER_SEEDS_TRIED), seed, None), None)
        if found is None:
            raise UserError(
                f"seed={seed}: the first {SAMPLER_SEEDS_TRIED} sampler seeds hold fewer trials."
            )
        return found
