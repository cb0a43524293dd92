"""The learning curve of one run, which tasks draw among their pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trace_core.opto import Visit

COLOUR, GREY, DARK_GREY = "#0072B2", "#8a8a8a", "#555555"


def draw_learning_curve(axes: Any, scored: Sequence[Visit], levels: Mapping[str, float]) -> None:
    """Draw the score after each update, beside the levels that reference policies reach."""
    iterations, scores = [v.iteration for v in scored], [v.score for v in scored]
    axes.plot(iterations, scores, "o-", color=COLOUR, markersize=4, zorder=3)
    for name, level in levels.items():
        axes.axhline(level, color=GREY, linewidth=1, linestyle="--")
        axes.annotate(
            name,
            (1, level),
            xycoords=("axes fraction", "data"),
            xytext=(-4, 3),
            textcoords="offset points",
            ha="right",
            fontsize=9,
            color=DARK_GREY,
        )
    axes.set_xlabel("iteration (number of updates)")
    axes.xaxis.get_major_locator().set_params(integer=True)
