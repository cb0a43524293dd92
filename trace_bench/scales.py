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
        bottom: likewise.
    """

    kind: str
    from_zero: bool
    threshold: float = 0.0
    top: float | None = None
    bottom: float | None = None

    @property
    def cuts(self) -> bool:
        """Whether a band runs off the axis."""
        return self.top is not None or self.bottom is not None

    def within(self, end: float) -> float:
        """Where a band that ends there ends in the figure."""
        if math.isfinite(end):
            return end
        limit = self.top if end > 0 else self.bottom
        return 0.0 if limit is None else limit


def scale(points: Sequence[tuple[float, Estimate]]) -> Scale:
    """Choose a scale that shows most of some curves.

    All lines are on it, and of a band that goes much further what is near the lines.
    """
    lines = _finite(e.value for _, e in points)
    ends = [end for _, e in points for end in (e.low, e.high) if end is not None]
    furthest = MUCH_FURTHER * max(lines, default=0.0)
    far = 0 < furthest < max(_finite(ends), default=0.0)
    near = [*lines, *(end for end in _finite(ends) if not far or end <= furthest)]
    found = _chosen(near)
    if far or math.inf in ends:
        found = replace(found, top=_beyond(near, max(near, default=0.0)))
    if -math.inf in ends and not found.from_zero:
        low = min(near, default=0.0)
        found = replace(found, bottom=low / ABOVE if low > 0 else -_beyond(near, -low))
    return found


def _beyond(near: Sequence[float], end: float) -> float:
    """Where an axis ends that a band leaves: somewhat above the rest."""
    return ABOVE * end if end > 0 else end + (ABOVE - 1) * ((max(near) - min(near)) or 1.0)


def _finite(values: Iterable[float]) -> list[float]:
    return [v for v in values if math.isfinite(v)]


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
