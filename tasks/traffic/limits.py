"""Which green times are allowed."""

from __future__ import annotations

from trace_core.opto import Interval

SHORTEST_S, LONGEST_S = 15, 90
START_S = 15
"""Of both directions, for every optimizer."""
BOUNDS = Interval(SHORTEST_S, LONGEST_S, integer=True, unit="seconds")


def require_allowed(direction: str, green: object) -> int:
    """Return a green time that is allowed.

    Raises:
        ValueError: it is not.
    """
    if type(green) is int and SHORTEST_S <= green <= LONGEST_S:
        return green
    allowed = f"a whole number of seconds from {SHORTEST_S} to {LONGEST_S}"
    raise ValueError(f"the green time for {direction} must be {allowed}, not {_shown(green)}")


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:  # Python refuses to print whole numbers of more than 4300 digits
        return f"such a large {type(value).__name__}"
    return text if len(text) <= 40 else f"{text[:37]}..."
