"""OptoPrime with several candidates, evaluated one an iteration; the best one's trace goes on."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection
from typing import Any, ClassVar, NamedTuple, Self

from trace_core.llm import LLM
from trace_core.optimizers._candidates import Untried, first_and_others, values_of
from trace_core.optimizers._llm_optimizer import Variables
from trace_core.optimizers._report import Report
from trace_core.opto import FEEDBACK, SCORE, Problem

from .optoprime_multi import OptoPrimeMulti


class _Best(NamedTuple):
    """The best trace so far, with its cost and the values that made it."""

    cost: float
    shown: Report
    values: dict[str, Any]


class OptoPrimeScored(OptoPrimeMulti):
    """Best-first search: candidates of the best trace so far are tried one after the other.

    The score of the outcomes decides which trace is the best; the LLM never sees it. An evaluation
    is an iteration, as for every optimizer, so `candidates` iterations make one update of what
    OptoPrime would do in one: compare them by iterations, not by updates.

    Its settings are those of `OptoPrimeMulti`. `save` keeps what OptoPrime's does, not the search.
    """

    needs: ClassVar[frozenset[str]] = frozenset({FEEDBACK, SCORE})

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.sign = 1.0
        self._best: _Best | None = None
        self._untried: Untried = deque()
        self._named: Variables = {}  # what the names in them mean: another trace has others

    @classmethod
    def for_problem(cls, problem: Problem, *, seed: int, llm: LLM | None, **settings: Any) -> Self:
        """Take the problem's context, and which scores are good."""
        made = super().for_problem(problem, seed=seed, llm=llm, **settings)
        made.sign = 1.0 if problem.lower_is_better else -1.0
        return made

    def step(self, mask: Collection[str] | None = None) -> dict[str, Any]:
        """Keep the trace if it is the best, and move to the next candidate."""
        shown = self.problem_instance()
        if not shown.variables:
            return self.note({"skipped": "no feedback has reached the parameters"})
        self.remember(shown)
        cost = self._cost()
        if self._best is None or cost <= self._best.cost:
            self._best = _Best(cost, shown, values_of(shown.variables))
        if self._untried:
            return self.note(self.try_next(self._untried, self._named))
        return self.note(self._sample(self._best, mask))

    def _sample(self, best: _Best, mask: Collection[str] | None) -> dict[str, Any]:
        """Go back to the best values, and on from there."""
        self._named = variables = best.shown.variables
        for name, value in best.values.items():
            variables[name].update(value)
        asked = self.sample(best.shown, mask)
        (found, reply), self._untried = first_and_others(asked, best.values)
        entry = self.apply(found, variables, reply.finish_reason)
        return {**entry, "untried": len(self._untried)}

    def _cost(self) -> float:
        """The mean over a minibatch; infinite if any of it failed."""
        scores = [outcome.score for outcome in self.outcomes]
        known = [s for s in scores if s is not None and math.isfinite(s)]
        failed = len(known) < len(scores)
        return math.inf if failed else self.sign * sum(known) / len(known)
