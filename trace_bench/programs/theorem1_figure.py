"""The figure of Theorem 1: what the backward step costs, beside the paper's bound."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trace_bench import figures

if TYPE_CHECKING:
    from .theorem1 import Measured

Slopes = Mapping[tuple[str, str, str], float]
BOUND = "#8a8a8a"
BOUNDS: dict[str, tuple[str, Callable[[int, int], float]]] = {
    "seconds": ("the paper's bound, W N² log N", lambda n, w: w * n**2 * math.log(n)),
    "bytes": ("the paper's bound, W N", lambda n, w: w * n),
}
LABELS = {"N": "nodes N (degree W = 2)", "W": "degree W (N = {} nodes)"}
UNITS = {"seconds": "time (s)", "bytes": "memory beside the graph (MiB)"}
CAPTION = (
    "Exponents: slopes through the logarithms, of N from 1000 on. The bound is drawn through the "
    "first point of the algorithms as they are printed.\nTimes: the processor's, the shortest of "
    "several. Memory: peaks of Python's own."
)


def draw(found: Sequence[Measured], slopes: Slopes, out: Path, stem: str) -> list[Path]:
    """Draw time and memory against N and against W; return the files."""
    with figures.style():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(12, 9.5), layout="constrained")
        panels: Any = figure.subplots(2, 2, sharex="col")
        for row, what in zip(panels, UNITS, strict=True):
            for axes, sweep in zip(row, LABELS, strict=True):
                _panel(axes, [m for m in found if m.sweep == sweep], sweep, what, slopes)
        for axes, sweep in zip(panels[-1], LABELS, strict=True):
            at = next((m.nodes for m in found if m.sweep == "W"), "")
            axes.set_xlabel(LABELS[sweep].format(at))
        figure.suptitle("The backward step (Theorem 1)", fontsize=14)
        figure.supxlabel(CAPTION, fontsize=8.5, color="#555555")
        return figures.saved(figure, out, stem)


def _panel(axes: Any, found: Sequence[Measured], sweep: str, what: str, slopes: Slopes) -> None:
    methods = list(dict.fromkeys(m.method for m in found))
    for k, method in enumerate(methods):
        line = [m for m in found if m.method == method]
        slope = slopes.get((method, sweep, what))
        label = method if slope is None else f"{method}: {sweep}^{slope:.2f}"
        x = [_size(m, sweep) for m in line]
        y = [_cost(m, what) for m in line]
        marker = figures.MARKERS[k % len(figures.MARKERS)]
        axes.plot(x, y, marker=marker, markersize=4.5, color=figures.COLOURS[k], label=label)
    _bound(axes, found, sweep, what)
    axes.set(xscale="log", yscale="log", ylabel=UNITS[what])
    low, high = axes.get_ylim()
    axes.set_ylim(low, high * (high / low) ** 0.45)  # room for the legend
    axes.legend(fontsize=8.5, loc="upper left")


def _bound(axes: Any, found: Sequence[Measured], sweep: str, what: str) -> None:
    """The bound, as far as it does not leave the picture."""
    printed = [m for m in found if m.method.startswith("Algorithms")]
    if not printed:
        return
    label, bound = BOUNDS[what]
    first = printed[0]
    unit = _cost(first, what) / bound(first.nodes, first.width)
    highest = 10 * max(_cost(m, what) for m in found)
    sizes = sorted({(_size(m, sweep), m.nodes, m.width) for m in found})
    points = [(size, unit * bound(nodes, width)) for size, nodes, width in sizes]
    seen = [(size, cost) for size, cost in points if cost <= highest]
    axes.plot(*zip(*seen, strict=True), "--", color=BOUND, linewidth=1.2, label=label)


def _size(measured: Measured, sweep: str) -> int:
    return measured.nodes if sweep == "N" else measured.width


def _cost(measured: Measured, what: str) -> float:
    return measured.seconds if what == "seconds" else measured.bytes / 2**20
