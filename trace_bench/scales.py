"""How an axis of values is divided, so that most of some curves can be seen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .statistics import Estimate

MANY_DECADES = 50.0
"""A ratio of largest to smallest value above which a linear axis hides most of the curve."""


MOST_OF_A_LOG_AXIS = 1e5
"""Below such a fraction of the largest value, differences are noise around 0."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How an axis of values is divided.

    Attributes:
        kind: "linear", "log", or "symlog": logarithmic, but linear below the threshold.
        from_zero: whether it begins at 0.
        threshold: 0 unless the kind is "symlog".
    """

    kind: str
    from_zero: bool
    threshold: float = 0.0


def scale(points: Sequence[tuple[float, Estimate]]) -> Scale:
    """Choose a scale that shows most of some curves."""
    values = [v for _, e in points for v in (e.value, e.low, e.high) if v is not None]
    values = [v for v in values if math.isfinite(v)] or [0.0]
    positive = sorted(v for v in values if v > 0)
    if not positive or positive[-1] < MANY_DECADES * positive[0] or min(values) < 0:
        return Scale("linear", min(values) >= 0)
    lowest = positive[-1] / MOST_OF_A_LOG_AXIS
    if min(values) > lowest:
        return Scale("log", from_zero=False)
    tenth = positive[len(positive) // 10]
    return Scale("symlog", True, 10.0 ** math.floor(math.log10(max(tenth, lowest))))
