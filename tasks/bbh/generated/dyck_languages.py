"""Close the brackets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .picking import one

if TYPE_CHECKING:
    import numpy as np

PAIRS = {"(": ")", "[": "]", "{": "}", "<": ">"}
SHORTEST, LONGEST = 5, 20
"""Brackets that are given."""


def dyck_word(rng: np.random.Generator) -> tuple[str, str]:
    """The beginning of a well-formed sequence; the answer is the shortest end, with spaces."""
    given: list[str] = []
    closing: list[str] = []
    length = int(rng.integers(SHORTEST, LONGEST + 1))
    while len(given) < length or not closing:
        if closing and rng.random() < 0.4:
            given.append(closing.pop())
        else:
            opening = one(list(PAIRS), rng)
            given.append(opening)
            closing.append(PAIRS[opening])
    question = (
        "Continue this sequence so that every bracket is closed in the right order; write only "
        f"what is missing, with spaces between. Input: {' '.join(given)}"
    )
    return question, " ".join(reversed(closing))
