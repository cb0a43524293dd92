"""How an axis of values is divided, so that most of some curves can be seen."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from .statistics import Estimate

MANY_DECADES = 50.0
"""A ratio of largest to smallest value above which a linear axis hides most of the curve."""
MOST_OF_A_LOG_AXIS = 1e5
"""Below such a fraction of the larger values, differences are noise around 0."""
MUCH_FURTHER = 1e3
"""A band that ends so many times above all lines runs off the axis."""
ABOVE = 1.5
"""How far such an axis goes beyond what is on it."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How an axis of values is divided.

    Attributes:
        kind: "linear", "log", or "symlog": logarithmic, but linear below the threshold.
        from_zero: whether it begins at 0.
        threshold: 0 unless the kind is "symlog".
        top: where it ends; None if everything is on it.
    """

    kind: str
    from_zero: bool
    threshold: float = 0.0
    top: float | None = None


def scale(points: Sequence[tuple[float, Estimate]]) -> Scale:
    """Choose a scale that shows most of some curves.

    All lines are on it, and of a band that goes much further what is near the lines.
    """
    lines = _finite(e.value for _, e in points)
    bands = _finite(end for _, e in points for end in (e.low, e.high))
    furthest = MUCH_FURTHER * max(lines, default=0.0)
    if not 0 < furthest < max(bands, default=0.0):
        return _chosen([*lines, *bands])
    near = [*lines, *(end for end in bands if end <= furthest)]
    return replace(_chosen(near), top=ABOVE * max(near))


def _finite(values: Iterable[float | None]) -> list[float]:
    return [v for v in values if v is not None and math.isfinite(v)]


def _chosen(given: Sequence[float]) -> Scale:
    values = given or [0.0]
    positive = sorted(v for v in values if v > 0)
    if not positive or positive[-1] < MANY_DECADES * positive[0] or min(values) < 0:
        return Scale("linear", min(values) >= 0)
    # Not the largest: a method that ran away must not press all others into one line.
    lowest = positive[3 * len(positive) // 4] / MOST_OF_A_LOG_AXIS
    if min(values) > lowest:
        return Scale("log", from_zero=False)
    tenth = positive[len(positive) // 10]
    return Scale("symlog", True, 10.0 ** math.floor(math.log10(max(tenth, lowest))))
