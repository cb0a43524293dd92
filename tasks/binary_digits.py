"""Task `binary_digits`: match a hidden binary number, told only that a check failed (App. E.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from annotated_types import Ge, Le

from trace_core import Bundle, ExecutionError, Node, UserError, bundle, node
from trace_core.opto import FEEDBACK, SCORE, Outcome, Problem, Task

if TYPE_CHECKING:
    import numpy as np

STREAM = 0xB1D1
"""Sets the task's random stream apart from others that are seeded with the trial's number."""
DIGIT_CHECKS = "digit checks"
"""Capability: the trace is of `check`s, each of a `number[place]`; the last one failed."""
CONTEXT = (
    "`number` is a list of binary digits. Each digit is checked against a digit that is not shown, "
    "in an order of the program's own, until a check fails. Find the number that passes all."
)
FAILED, PASSED = "Check failed.", "All checks succeeded."


class BinaryDigitsProblem(Problem):
    """The proof of Theorem 2 as a problem: the feedback does not say which check has failed.

    The trace does: it is a chain of the checks that were made, the last of which failed. Neither
    the hidden digits nor the places that were not checked are in it.

    Args:
        hidden: the digits to find.
        order: the places in the order in which they are checked.
        start: the digits to begin with.
    """

    context = CONTEXT

    def __init__(self, hidden: list[int], order: list[int], start: list[int]) -> None:
        length = len(hidden)
        number = node(
            start, name="number", trainable=True, constraint=f"a list of {length} digits, 0 or 1"
        )
        self.parameters = (number,)
        self._order = order
        self._checks = [_check_against(digit) for digit in hidden]
        # Made once: an input keeps its name from one iteration to the next.
        self._places = [node(place, name="place") for place in range(length)]
        self._begun = node(True, name="begun")

    def oracle(self) -> Outcome:
        """Check digit after digit; what is no such number is an `ExceptionNode`."""
        number = self.parameters[0]
        try:
            if not self._is_number(number.data):
                require_digits(number, len(self._checks))
            passed = self._checked(number)
        except ExecutionError as error:
            return Outcome(error.exception_node, str(error.exception_node.data))
        solved = bool(passed.data)
        return Outcome(passed, PASSED if solved else FAILED, float(not solved), solved=solved)

    def _checked(self, number: Node[list[int]]) -> Any:
        passed: Any = self._begun
        for place in self._order:
            passed = self._checks[place](number[self._places[place]], passed)
            if not passed.data:
                break
        return passed

    def _is_number(self, value: object) -> bool:
        return (
            isinstance(value, list)
            and len(value) == len(self._checks)
            and all(type(digit) is int and digit in (0, 1) for digit in value)
        )


def _check_against(expected: int) -> Bundle:
    @bundle(description="[check] Whether the digit is right, and those checked before it were.")
    def check(digit: int, before: bool) -> bool:
        return before and digit == expected

    return check


@bundle()
def require_digits(number: object, length: int) -> None:
    """Fail: called on what is not a number of that length, so it is in failing traces only."""
    raise ValueError(f"the number must be a list of {length} digits, each 0 or 1")


class BinaryDigits(Task):
    """Find k binary digits: k + 1 tries with the trace, some 2^(k-1) without it (App. E.2).

    Args:
        k: how many digits.
    """

    metric: ClassVar[str] = "a check fails (0 or 1)"
    worst_score: ClassVar[float | None] = 1.0
    provides: ClassVar[frozenset[str]] = frozenset({FEEDBACK, SCORE, DIGIT_CHECKS})
    cpu_bound: ClassVar[bool] = False

    def __init__(self, *, k: Annotated[int, Ge(1), Le(64)] = 8) -> None:
        self.k = k
        self.iterations = k + 1  # type: ignore[misc]  # with the trace that is enough for any k

    def problem(self, seed: int) -> BinaryDigitsProblem:
        """Trial `seed`: its own number, order of checks, and start with at least one wrong digit.

        Raises:
            UserError: there is no such trial.
        """
        import numpy as np

        if seed < 0:
            raise UserError(f"seed={seed} is no trial: they are numbered from 0.")
        rng = np.random.default_rng((seed, STREAM))
        hidden = rng.integers(2, size=self.k).tolist()
        order = rng.permutation(self.k).tolist()
        return BinaryDigitsProblem(hidden, order, _other_than(hidden, rng))

    def calibrate(self, problem: Problem, score: float) -> float:
        """0 = a check fails, as at the start, 1 = solved."""
        return 1 - score


def _other_than(digits: list[int], rng: np.random.Generator) -> list[int]:
    """Any other number of that length, each with the same probability."""
    while True:
        found: list[int] = rng.integers(2, size=len(digits)).tolist()
        if found != digits:
            return found
