"""How numbers are written for people."""

from __future__ import annotations

import math
from collections.abc import Iterable

LARGE = 1e12
"""From here on, digits before the point are no longer counted by eye."""


def number(value: float | None) -> str:
    """Write a number with three digits that matter; whole where that is short."""
    if value is None:
        return "-"
    if not math.isfinite(value) or value == 0:
        return f"{value:g}"
    short = f"{value:.3g}"
    return f"{value:,.0f}" if 1000 <= abs(float(short)) < LARGE else short


def ranges(numbers: Iterable[int]) -> str:
    """Write whole numbers shortly: "0-2, 5"."""
    found: list[list[int]] = []
    for number in sorted(set(numbers)):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in found)
