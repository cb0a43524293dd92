"""Figures: score over iterations, one panel a statistic, one line an optimizer."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trace_core import UserError

from .curves import Curve
from .outcomes import SCORE
from .statistics import FEWEST, STATISTICS, Estimate
from .suggestions import did_you_mean, listed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's palette: told apart by colour-blind readers; its yellow is too faint on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
STYLE = {
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.labelsize": 11.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "svg.hashsalt": "trace-bench",  # ids in the SVG would be random otherwise
    "svg.fonttype": "none",
}
PANEL_HEIGHT, LEGEND_LINE, CAPTION_LINE = 4.2, 0.27, 0.17
"""Inches."""
CAPTION_CHARACTERS_PER_INCH = 15
TITLES = {"mean": "Mean", "median": "Median", "iqm": "Interquartile mean"}
MANY_DECADES = 50.0
"""A ratio of largest to smallest value above which a linear axis hides most of the curve."""


MOST_OF_A_LOG_AXIS = 1e5
"""Below such a fraction of the largest value, differences are noise around 0."""


def draw(
    task: str, curves: Sequence[Curve], statistics: Sequence[str], out: Path, metric: str = SCORE
) -> list[Path]:
    """Draw a task's curves; return the PNG and the SVG, which are the same for equal runs.

    Raises:
        UserError: no such statistic, nothing to draw, or `out` cannot be written.
    """
    _require_known(statistics)
    drawn = [curve for curve in curves if any(curve.values)]
    if not drawn:
        raise UserError(f"No run of {task} is finished. The command that began them finishes them.")
    estimates = {name: [curve.estimates(name) for curve in drawn] for name in statistics}
    with _style():
        figure = _figure(task, curves, drawn, estimates, metric)
        stem = "-".join([task, metric, *statistics])
        return _saved(figure, out, stem)


def _require_known(statistics: Sequence[str]) -> None:
    for name in statistics:
        if name not in STATISTICS:
            hint = did_you_mean(name, STATISTICS)
            raise UserError(
                f"There is no statistic {name!r}.{hint} There are: {listed(STATISTICS)}."
            )


Points = list[tuple[int, Estimate]]


def _figure(
    task: str,
    curves: Sequence[Curve],
    drawn: Sequence[Curve],
    estimates: dict[str, list[Points]],
    metric: str,
) -> Figure:
    from matplotlib.figure import Figure

    width = 2.4 + 4.4 * len(estimates)
    caption = textwrap.wrap(_caption(curves), width=int(width * CAPTION_CHARACTERS_PER_INCH))
    foot = LEGEND_LINE * len(drawn) + CAPTION_LINE * len(caption) + 0.2
    figure = Figure(figsize=(width, PANEL_HEIGHT + foot), layout="constrained")
    strips: Any = figure.subfigures(2, 1, height_ratios=[PANEL_HEIGHT, foot])
    top, bottom = strips
    panels = top.subplots(1, len(estimates), sharey=True, squeeze=False)[0]
    for axes, (name, lines) in zip(panels, estimates.items(), strict=True):
        for k, (curve, points) in enumerate(zip(drawn, lines, strict=True)):
            _line(axes, curve, points, k)
        axes.set_title(TITLES[name])
        axes.set_xlabel("iteration (number of updates)")
        axes.xaxis.get_major_locator().set_params(integer=True)
    panels[0].set_ylabel(curves[0].group.metric if metric == SCORE else metric)
    _scale(panels[0], [p for lines in estimates.values() for points in lines for p in points])
    top.suptitle(task, fontsize=14)
    bottom.legend(*panels[0].get_legend_handles_labels(), loc="upper left", borderaxespad=0.2)
    bottom.text(0.008, 0.04, "\n".join(caption), fontsize=8.5, color="#555555", va="bottom")
    return figure


def _line(axes: Axes, curve: Curve, points: Points, k: int) -> None:
    colour, marker = COLOURS[k % len(COLOURS)], MARKERS[k % len(MARKERS)]
    x = [i for i, _ in points]
    axes.plot(
        x,
        [found.value for _, found in points],
        color=colour,
        marker=marker,
        markersize=4.5,
        markevery=max(1, len(x) // 10),
        linestyle="--" if curve.group.mock else "-",
        linewidth=1.8,
        clip_on=False,
        zorder=3,
        label=_label(curve),
    )
    banded = [(i, e.low, e.high) for i, e in points if e.low is not None and e.high is not None]
    if banded:
        iterations, low, high = zip(*banded, strict=True)
        axes.fill_between(iterations, low, high, color=colour, alpha=0.15, linewidth=0)


def _label(curve: Curve) -> str:
    notes = [f"n = {curve.n}"]
    if curve.n < FEWEST:
        notes.append("too few for an interval")
    group = curve.group
    left_out = len(group.records) - curve.n
    notes += [f"{group.count('failed')} of them failed"] if group.count("failed") else []
    notes += [f"{left_out} unfinished, left out"] if left_out else []
    notes += [f"{curve.failures} failed iterations"] if curve.failures else []
    return f"{group.label}: {', '.join(notes)}"


def _scale(axes: Axes, points: Points) -> None:
    """Choose a linear, logarithmic, or (where a curve reaches 0) symmetric logarithmic axis."""
    values = [v for _, e in points for v in (e.value, e.low, e.high) if v is not None]
    values = [v for v in values if math.isfinite(v)] or [0.0]
    positive = sorted(v for v in values if v > 0)
    if not positive or positive[-1] < MANY_DECADES * positive[0] or min(values) < 0:
        if min(values) >= 0:
            axes.set_ylim(bottom=0)
        return
    lowest = positive[-1] / MOST_OF_A_LOG_AXIS
    if min(values) > lowest:
        axes.set_yscale("log")
    else:
        tenth = positive[len(positive) // 10]
        threshold = 10.0 ** math.floor(math.log10(max(tenth, lowest)))
        axes.set_yscale("symlog", linthresh=threshold, linscale=0.5)
        axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")


def _caption(curves: Sequence[Curve]) -> str:
    parts = [
        "Bands: 95 % percentile bootstrap intervals over seeds, at each iteration by itself.",
        "A run that has solved its problem keeps its last value.",
    ]
    if any(curve.failures or curve.group.count("failed") for curve in curves):
        parts.append("Failures count as the worst score; where that is infinite, no mean is drawn.")
    empty = [c.group.label for c in curves if not any(c.values)]
    if empty:
        parts.append(f"Nothing finished yet: {', '.join(empty)}.")
    if any(curve.group.mock for curve in curves):
        parts.append("The mock LLM answers at random: its line is no model's result.")
    return " ".join(parts)


def _saved(figure: Figure, out: Path, stem: str) -> list[Path]:
    paths = [out / f"{stem}.png", out / f"{stem}.svg"]
    try:
        out.mkdir(parents=True, exist_ok=True)
        # A date or a version in the file would make equal figures differ.
        figure.savefig(paths[0], dpi=200, metadata={"Software": None})
        figure.savefig(paths[1], metadata={"Date": None, "Creator": None})
    except OSError as error:
        raise UserError(f"Cannot write {out}: {error.strerror}. Choose another --out.") from error
    return paths


@contextmanager
def _style() -> Iterator[None]:
    import matplotlib as mpl

    with mpl.rc_context(STYLE):  # type: ignore[arg-type]
        yield
