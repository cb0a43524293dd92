"""One debugging problem: a function with a mistake, run on its tests until one fails."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from trace_bench.tasks._quoted import quoted
from trace_core import ExecutionError, Node, bundle, node, stop_tracing
from trace_core.opto import Outcome, Problem

from .cases import Case, Subject

CONTEXT = (
    "A function does not do what its docstring says: some of its tests fail. Repair its code. The "
    "feedback is about the first test that fails."
)
PASSED = "All tests pass."
ENDINGS = frozenset({"TimeoutError", "MemoryError", "ProcessEnded"})
"""Failures that cost a worker process, by the name of the exception."""


class DebuggingProblem(Problem):
    """Repair a function; the feedback is a failing assertion, or an error with its line."""

    context = CONTEXT

    def __init__(self, subject: Subject) -> None:
        self._function = bundle(trainable=True)(subject.function)
        self.parameters = tuple(self._function.parameters())
        self._subject = subject

    def oracle(self) -> Outcome:
        """Run the tests in order; the first that fails ends the trace."""
        passed: Any = None
        for k, case in enumerate(self._subject.tests):
            try:
                passed = self._tried(case)
            except ExecutionError as error:
                return self._failed(case, error, self._subject.tests[k + 1 :])
        return Outcome(passed, PASSED, 0.0, solved=True)

    def evaluate(self) -> dict[str, float]:
        """Tests that are never shown, which a repair for the shown ones only will fail."""
        cases = self._subject.held_out
        return {"held_out_tests_failed_percent": 100 * self._failures(cases) / len(cases)}

    def _failed(self, case: Case, error: ExecutionError, rest: Sequence[Case]) -> Outcome:
        failure = error.exception_node
        feedback = failure.data
        if failure.operator.name != check.operator.name:
            feedback = f"{_call(self._subject, case)} failed: {failure.create_feedback('full')}"
        # This one has failed, whatever it would do now: code may keep count of its calls.
        stopped = type(error.__cause__).__name__ in ENDINGS
        failed = 1 + (len(rest) if stopped else self._failures(rest))
        share = 100 * failed / len(self._subject.tests)
        return Outcome(failure, feedback, share)

    def _tried(self, case: Case) -> Node[bool]:
        arguments, expected = case
        result = self._function(*copy.deepcopy(arguments))  # the code may change what it is given
        call = node(_call(self._subject, case), name="call")
        return check(result, expected, call)  # type: ignore[no-any-return]

    def _failures(self, cases: Sequence[Case]) -> int:
        """How many fail; after one that had to be stopped no more are tried, and all count."""
        failed = 0
        with stop_tracing():
            for k, case in enumerate(cases):
                try:
                    self._tried(case)
                except ExecutionError as error:
                    failed += 1
                    if type(error.__cause__).__name__ in ENDINGS:
                        return failed + len(cases) - k - 1
        return failed


@bundle()
def check(result: object, expected: object, call: str) -> bool:
    """The assertion of a test: the call gives what is expected, of the same type."""
    if type(result) is not type(expected) or result != expected:
        raise AssertionError(f"{call} returned {quoted(result)}, and {expected!r} was expected")
    return True


def _call(subject: Subject, case: Case) -> str:
    return f"{subject.function.__name__}({', '.join(map(repr, case[0]))})"
