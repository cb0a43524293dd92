"""Texts that are the same but for the last digits of their numbers."""

from __future__ import annotations

import math
import re

_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.]*\w)")
TOLERANCE = 2.5e-5
"""Relative: two units of the sixth significant digit, which is the last that prompts show."""


def around_numbers(text: str) -> list[str]:
    """What stands between the numbers of a text."""
    return _NUMBER.split(text)


def distance(one: str, other: str) -> float | None:
    """The largest relative difference of two numbers in the same place of two texts.

    None if the texts differ in anything else, or in a number by more than `TOLERANCE`.
    """
    if around_numbers(one) != around_numbers(other):
        return None
    pairs = zip(_NUMBER.findall(one), _NUMBER.findall(other), strict=True)
    largest = max((_relative(float(a), float(b)) for a, b in pairs if a != b), default=0.0)
    return largest if largest <= TOLERANCE else None


def _relative(a: float, b: float) -> float:
    if not (math.isfinite(a) and math.isfinite(b)):
        return math.inf
    return abs(a - b) / max(abs(a), abs(b)) if a != b else 0.0
