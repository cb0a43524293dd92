"""The task: which functions are its trials."""

from __future__ import annotations

from typing import ClassVar

from trace_core import UserError
from trace_core.opto import FEEDBACK, SCORE, Problem, Task

from .cases import SUBJECTS
from .problem import DebuggingProblem

CODE = "code"
"""Capability: the parameter is the code of one function."""


class Debugging(Task):
    """Repair small functions, one a trial, from failing assertions and errors (Example 5)."""

    metric: ClassVar[str] = "tests that fail (%)"
    lower_metrics: ClassVar[frozenset[str]] = frozenset({"held_out_tests_failed_percent"})
    worst_score: ClassVar[float | None] = 100.0
    provides: ClassVar[frozenset[str]] = frozenset({FEEDBACK, SCORE, CODE})
    trials: int | None = len(SUBJECTS)
    iterations: ClassVar[int] = 10
    runs_code: ClassVar[bool] = True
    cpu_bound: ClassVar[bool] = False

    def problem(self, seed: int) -> DebuggingProblem:
        """Trial `seed`: a function of its own.

        Raises:
            UserError: there is no such trial.
        """
        if not 0 <= seed < len(SUBJECTS):
            raise UserError(f"seed={seed}: there are {len(SUBJECTS)} functions, numbered from 0.")
        return DebuggingProblem(SUBJECTS[seed])

    def calibrate(self, problem: Problem, score: float) -> float:
        """0 = all tests fail, 1 = all pass."""
        return 1 - score / 100
