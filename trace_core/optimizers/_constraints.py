"""What a parameter's new value must satisfy: told in words, and checked where it can be.

A constraint is words, which only the LLM reads; an `Interval`; or a function of the value that
returns False or raises for what it refuses, its docstring being the words.
"""

from __future__ import annotations

import inspect
import math
from typing import Any

from trace_core.opto import Interval

from ._values import as_python, is_number, show


def words(constraint: Any) -> str:
    """The constraint as a prompt tells it."""
    if isinstance(constraint, Interval):
        kind = "a whole number" if constraint.integer else "a number" if constraint.unit else ""
        unit = f"of {constraint.unit}" if constraint.unit else ""
        limits = f"from {show(constraint.low)} to {show(constraint.high)}"
        return " ".join(filter(None, (kind, unit, limits)))
    if callable(constraint):
        documented = inspect.getdoc(constraint) if hasattr(constraint, "__name__") else None
        name = getattr(constraint, "__name__", type(constraint).__name__)
        return (documented or name.replace("_", " ")).strip().partition("\n")[0]
    return str(constraint)


def whole_limits(constraint: Any) -> tuple[float, float]:
    """The smallest and largest whole numbers that an `Interval` takes; infinite without one."""
    if not isinstance(constraint, Interval):
        return -math.inf, math.inf
    low, high = constraint.low, constraint.high
    return (
        math.ceil(low) if math.isfinite(low) else low,
        math.floor(high) if math.isfinite(high) else high,
    )


def violation(constraint: Any, value: Any) -> str | None:
    """Why the value is refused, in words for the next prompt; None if it is not.

    Words can't be checked: the workflow may raise where they are broken, and that is feedback.
    """
    if isinstance(constraint, Interval):
        return None if _within(constraint, value) else f"{show(value)} is not {words(constraint)}"
    if not callable(constraint):
        return None
    try:
        refused = _refuses(constraint(value))
    except Exception as error:  # a proposal's failure is feedback, whatever the check raises
        return f"{show(value)} was refused: {error or type(error).__name__}"
    return f"{show(value)} does not satisfy: {words(constraint)}" if refused else None


def _refuses(answer: Any) -> bool:
    """Nothing refuses nothing; an array refuses if one of its items does."""
    return answer is not None and not (answer.all() if hasattr(answer, "all") else answer)


def _within(interval: Interval, value: Any) -> bool:
    value = as_python(value)
    if not is_number(value) or not interval.low <= value <= interval.high:
        return False
    if isinstance(value, int):  # of any size, so not always a float
        return True
    return math.isfinite(value) and (not interval.integer or value.is_integer())
