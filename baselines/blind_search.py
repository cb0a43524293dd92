"""Exact search without the trace: what is left of Theorem 2's problem then (App. E.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

from trace_core import ParameterNode
from trace_core.llm import LLM
from trace_core.optimizers import Optimizer
from trace_core.opto import FEEDBACK, Problem

STREAM = 0xB11D
"""Sets the random stream apart from others that are seeded with the number of the trial."""


class BlindSearch(Optimizer):
    """Tries every binary number once, in a random order: "check failed" alone tells no more.

    No other way is better on average: each number that was not tried is as likely as the next.

    Args:
        parameters: one list of binary digits.
        seed: decides the order.
    """

    needs: ClassVar[frozenset[str]] = frozenset({FEEDBACK, "digit checks"})

    def __init__(self, parameters: Sequence[ParameterNode[Any]], *, seed: int = 0) -> None:
        import numpy as np

        super().__init__(parameters)
        self._length = len(self.parameters[0].data)
        rng = np.random.default_rng((seed, STREAM))
        # x -> a x + c modulo 2^k meets every number before one returns if a = 1 (mod 4) and c is
        # odd (Hull and Dobell, 1962): an order that needs no memory.
        a, c = (int(n) for n in rng.integers(2**62, size=2))
        self._factor, self._shift = 4 * a + 1, 2 * c + 1

    @classmethod
    def for_problem(
        cls, problem: Problem, *, seed: int, llm: LLM | None = None, **settings: Any
    ) -> Self:
        """Take the run's seed."""
        return cls(problem.parameters, seed=seed, **settings)

    def step(self) -> dict[str, Any]:
        """Go on to the next number; stay without an outcome."""
        (number,) = self.parameters
        entry: dict[str, Any] = {}
        if self.outcomes:
            here = int("".join(map(str, number.data)), base=2)
            there = (self._factor * here + self._shift) % 2**self._length
            number.update([int(digit) for digit in f"{there:0{self._length}b}"])
            entry["tried"] = there
        self.log.append(entry)
        return entry
