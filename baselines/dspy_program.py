"""DSPy's own program as it is: what its optimizers, and traced workflows, must beat."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, ClassVar

from trace_core.optimizers import Optimizer, Step
from trace_core.opto import DSPY, Problem

from ._dspy_optimizer import program_step


class Unoptimized(Optimizer):
    """Tests the DSPy program of the problem, and changes nothing."""

    needs: ClassVar[frozenset[str]] = frozenset({DSPY})

    def step(self) -> dict[str, Any]:
        """Nothing is updated."""
        return {}

    def fit(self, problem: Problem, budget: int) -> Iterator[Step]:
        """Yield the program's test."""
        started = time.perf_counter()
        given = problem.dspy()
        yield program_step(0, given.program, started, metrics=given.test(given.program))
