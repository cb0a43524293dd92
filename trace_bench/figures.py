"""Figures: score over iterations, one panel a statistic, one line an optimizer."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trace_core import UserError

from .axes import ITERATIONS, LABELS
from .captions import caption, legend
from .curves import Curve
from .outcomes import SCORE
from .published import PublishedCurve
from .scales import Scale, scale
from .selection import Selection
from .statistics import STATISTICS, Estimate
from .suggestions import did_you_mean, listed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's palette: told apart by colour-blind readers; its yellow is too faint on white.
COLOURS = (
    *("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00"),
    *("#56B4E9", "#000000", "#882255", "#999933"),
)
MARKERS = ("o", "s", "^", "D", "v")  # five, for nine colours: 45 pairs before one comes again
NO_COUNTERPART = "#8a8a8a"
DASHES: Sequence[Any] = ("--", "-.", ":", (0, (6, 2, 1, 2, 1, 2)), (0, (1, 3)), (0, (8, 4)))
"""Of the paper's lines that have no counterpart, all in that colour."""
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


def draw(
    task: str,
    curves: Sequence[Curve],
    statistics: Sequence[str],
    out: Path,
    metric: str = SCORE,
    *,
    published: Sequence[PublishedCurve] = (),
    stem: str = "",
) -> list[Path]:
    """Draw a task's curves; return PNG, SVG and PDF, which are the same for equal runs.

    Args:
        task: the title.
        curves: one line each.
        statistics: a panel for each.
        out: the folder to write to.
        metric: what the curves show.
        published: the paper's means, drawn as dashed lines in the panel of the mean.
        stem: name of the files; by default task, metric and statistics.

    Raises:
        UserError: no such statistic, nothing to draw, or `out` cannot be written.
    """
    _require_known(statistics)
    drawn = [curve for curve in curves if curve.drawn]
    if not drawn:
        raise UserError(_nothing(task, curves))
    estimates = {name: [curve.estimates(name) for curve in drawn] for name in statistics}
    with style():
        figure = _figure(task, curves, drawn, estimates, metric, published)
        axis = [] if curves[0].axis == ITERATIONS else [curves[0].axis]
        return saved(figure, out, stem or "-".join([task, metric, *axis, *statistics]))


def _nothing(task: str, curves: Sequence[Curve]) -> str:
    if any(curve.n for curve in curves):
        return f"No run of {task} says what it took in {curves[0].axis}."
    return f"No run of {task} is finished. The command that began them finishes them."


def _require_known(statistics: Sequence[str]) -> None:
    if not statistics:
        raise UserError(f"Name a statistic. There are: {listed(STATISTICS)}.")
    for name in statistics:
        if name not in STATISTICS:
            hint = did_you_mean(name, STATISTICS)
            raise UserError(
                f"There is no statistic {name!r}.{hint} There are: {listed(STATISTICS)}."
            )


Points = list[tuple[float, Estimate]]


def _figure(
    task: str,
    curves: Sequence[Curve],
    drawn: Sequence[Curve],
    estimates: dict[str, list[Points]],
    metric: str,
    published: Sequence[PublishedCurve],
) -> Figure:
    from matplotlib.figure import Figure

    width = 2.4 + 4.4 * len(estimates)
    axis = curves[0].axis
    chosen = scale([p for lines in estimates.values() for points in lines for p in points])
    said = caption(curves, published, cut=chosen.cuts)
    below = textwrap.wrap(said, width=int(width * CAPTION_CHARACTERS_PER_INCH))
    without_ours = [line for line in published if ours(line, drawn) is None]
    lines_below = len(drawn) + len(without_ours) + (len(published) > len(without_ours))
    foot = LEGEND_LINE * lines_below + CAPTION_LINE * len(below) + 0.2
    figure = Figure(figsize=(width, PANEL_HEIGHT + foot), layout="constrained")
    strips: Any = figure.subfigures(2, 1, height_ratios=[PANEL_HEIGHT, foot])
    top, bottom = strips
    panels = top.subplots(1, len(estimates), sharey=True, squeeze=False)[0]
    for axes, (name, lines) in zip(panels, estimates.items(), strict=True):
        for k, (curve, points) in enumerate(zip(drawn, lines, strict=True)):
            _line(axes, curve, points, k, chosen)
        if name == "mean":
            _published(axes, published, drawn)
        if any(curve.group.mock for curve in drawn):
            watermark(axes)
        axes.set_title(TITLES[name])
        axes.set_xlabel(LABELS.get(axis, axis))
        if axis not in ("usd", "seconds"):
            axes.xaxis.get_major_locator().set_params(integer=True)
    panels[0].set_ylabel(curves[0].group.metric if metric == SCORE else metric)
    _divide(panels[0], chosen)
    top.suptitle(task, fontsize=14)
    handles = {
        label: handle
        for axes in panels
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    bottom.legend(handles.values(), handles, loc="upper left", borderaxespad=0.2)
    bottom.text(0.008, 0.04, "\n".join(below), fontsize=8.5, color="#555555", va="bottom")
    return figure


def _line(axes: Axes, curve: Curve, points: Points, k: int, chosen: Scale) -> None:
    colour, marker = COLOURS[k % len(COLOURS)], MARKERS[k % len(MARKERS)]
    x = [i for i, _ in points]
    axes.plot(
        x,
        [found.value for _, found in points],
        color=colour,
        marker=marker,
        markersize=4.5,
        markevery=max(1, len(x) // 10),
        linestyle=":" if curve.group.mock else "-",
        linewidth=1.8,
        clip_on=False,
        zorder=3,
        label=legend(curve),
    )
    banded = [
        (i, chosen.within(e.low), chosen.within(e.high))
        for i, e in points
        if e.low is not None and e.high is not None
    ]
    if banded:
        iterations, low, high = zip(*banded, strict=True)
        axes.fill_between(iterations, low, high, color=colour, alpha=0.15, linewidth=0)


def _published(axes: Axes, published: Sequence[PublishedCurve], drawn: Sequence[Curve]) -> None:
    """Draw the paper's means, in the colour of our line of the same method if there is one."""
    others = cycle(DASHES)
    for line in published:
        k = ours(line, drawn)
        x, y = zip(*line.points, strict=True)
        colour = NO_COUNTERPART if k is None else COLOURS[k % len(COLOURS)]
        style = next(others) if k is None else "--"
        label = f"the paper's {line.method}, not run here" if k is None else "_nolegend_"
        axes.plot(x, y, color=colour, linestyle=style, linewidth=1.2, zorder=2, label=label)
    if any(ours(line, drawn) is not None for line in published):
        same = "the paper's means, each in the colour of our line of that method"
        axes.plot([], [], color="#333333", linestyle="--", linewidth=1.2, label=same)


def ours(line: PublishedCurve, drawn: Sequence[Curve]) -> int | None:
    """Return which of our curves is the same method as one of the paper's."""
    if not line.ours:
        return None
    chosen = Selection.of(line.ours)
    matches = (k for k, curve in enumerate(drawn) if curve.group.records[0] in chosen)
    return next(matches, None)


def watermark(axes: Axes) -> None:
    """Say across a panel that a mock LLM's numbers are in it."""
    axes.text(
        0.5,
        0.5,
        "MOCK LLM",
        transform=axes.transAxes,
        fontsize=34,
        color="#000000",
        alpha=0.08,
        ha="center",
        va="center",
        rotation=25,
        zorder=1,
    )


def _divide(axes: Axes, chosen: Scale) -> None:
    if chosen.kind == "log":
        axes.set_yscale("log")
    if chosen.kind == "symlog":
        axes.set_yscale("symlog", linthresh=chosen.threshold, linscale=0.5)
    if chosen.from_zero:
        axes.set_ylim(bottom=0)
    if chosen.top is not None:
        axes.set_ylim(top=chosen.top)
    if chosen.bottom is not None:
        axes.set_ylim(bottom=chosen.bottom)
    if chosen.kind != "linear":
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")


def saved(figure: Figure, out: Path, stem: str) -> list[Path]:
    """Write a figure as PNG, SVG and PDF.

    Raises:
        UserError: `out` cannot be written.
    """
    paths = [out / f"{stem}.{ending}" for ending in ("png", "svg", "pdf")]
    try:
        out.mkdir(parents=True, exist_ok=True)
        # A date or a version in the file would make equal figures differ.
        figure.savefig(paths[0], dpi=200, metadata={"Software": None})
        figure.savefig(paths[1], metadata={"Date": None, "Creator": None})
        figure.savefig(paths[2], metadata={"CreationDate": None, "Creator": None, "Producer": None})
    except OSError as error:
        raise UserError(f"Cannot write {out}: {error.strerror}. Choose another --out.") from error
    return paths


@contextmanager
def style() -> Iterator[None]:
    """Draw in the style of all our figures, whatever a library has set: UXsim sets its own font."""
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)  # type: ignore[arg-type]
        yield
