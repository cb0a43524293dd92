"""Local search over the phrases of prompts: what reads scores only, and no feedback."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from trace_core import ParameterNode
from trace_core.llm import LLM
from trace_core.optimizers import Optimizer
from trace_core.opto import SCORE, Problem

STREAM = 0x9A7A5E
"""Sets the random stream apart from others that are seeded with the number of the trial."""


class PhraseSearch(Optimizer):
    """Adds or removes one phrase at a time and keeps what is better; begins anew where nothing is.

    Args:
        parameters: prompts; phrases are added to their texts at the start.
        phrases: for each prompt, by base name, the phrases that have an effect in it.
        lower_is_better: which scores are good.
        seed: decides the order, and where it begins anew.
    """

    version: ClassVar[int] = 2
    needs: ClassVar[frozenset[str]] = frozenset({SCORE, "phrases"})

    def __init__(
        self,
        parameters: Sequence[ParameterNode[Any]],
        phrases: Mapping[str, Sequence[str]],
        lower_is_better: bool = True,
        *,
        seed: int = 0,
    ) -> None:
        import numpy as np

        super().__init__(parameters)
        self._starts = [str(p.data) for p in parameters]
        self._choices = [(k, ph) for k, p in enumerate(parameters) for ph in phrases[p.base_name]]
        self._sign = 1.0 if lower_is_better else -1.0
        self._rng = np.random.default_rng((seed, STREAM))
        self._best: frozenset[int] = frozenset()
        self._cost = math.inf
        self._tried: frozenset[int] = frozenset()
        self._left: list[int] = []
        self._begins = True

    @classmethod
    def for_problem(
        cls, problem: Problem, *, seed: int, llm: LLM | None = None, **settings: Any
    ) -> Self:
        """Take the problem's phrases and direction, and the run's seed."""
        phrases = problem.phrases  # type: ignore[attr-defined]
        return cls(problem.parameters, phrases, problem.lower_is_better, seed=seed, **settings)

    def step(self) -> dict[str, Any]:
        """Judge what was tried; try the next change."""
        entry: dict[str, Any] = {}
        if self.outcomes:
            self._judge()
            self._tried = self._next()
            entry["phrases"] = [self._choices[k][1] for k in sorted(self._tried)]
            for k, parameter in enumerate(self.parameters):
                parameter.update(self._written(k))
        self.log.append(entry)
        return entry

    def _judge(self) -> None:
        """Go on, with all changes to try, from what is better and from where the search begins."""
        scores = [math.inf if o.score is None else self._sign * o.score for o in self.outcomes]
        cost = sum(scores) / len(scores)
        if self._begins or cost < self._cost:
            self._best, self._cost = self._tried, cost
            self._left = self._rng.permutation(len(self._choices)).tolist()

    def _next(self) -> frozenset[int]:
        """The best one with a change, or where all are tried a random combination."""
        self._begins = not self._left
        if self._left:
            return self._best ^ {self._left.pop()}
        drawn = self._rng.random(len(self._choices)) < 0.5
        return frozenset(k for k, is_in in enumerate(drawn) if is_in)

    def _written(self, parameter: int) -> str:
        chosen = [self._choices[k] for k in sorted(self._tried)]
        phrases = [phrase for owner, phrase in chosen if owner == parameter]
        start = self._starts[parameter]
        return f"{start} Also: {'; '.join(phrases)}." if phrases else start
