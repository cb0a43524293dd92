"""What code has made, in feedback: it may be huge."""

from __future__ import annotations

LONGEST_CHARACTERS = 1000


def quoted(value: object) -> str:
    """Return the value as Python writes it, or the beginning of that and its length."""
    try:
        text = repr(value)
    except ValueError:  # Python refuses to print whole numbers of more than 4300 digits
        return "a number that is too large to print"
    if len(text) <= LONGEST_CHARACTERS:
        return text
    return f"{text[:LONGEST_CHARACTERS]}... ({len(text)} characters)"
