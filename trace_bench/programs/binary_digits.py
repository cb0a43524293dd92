"""Theorem 2 measured (App. E.2): updates until a number is found, with and without the trace."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from trace_bench import figures
from trace_bench.groups import grouped
from trace_bench.outcomes import counts
from trace_bench.record import RunRecord
from trace_bench.statistics import estimate
from trace_bench.store import RunFolder

from . import Work

STEM = "appE2_binary_digits"
CAPTION = "Mean over seeds with its 95 % percentile bootstrap interval."
UNSOLVED = " A run without a solution counts with its budget: points with a cross are lower bounds."


@dataclass(frozen=True, slots=True)
class Point:
    """The runs of one method with one k.

    Attributes:
        method: optimizer, and LLM if one answered.
        runs: how many ended.
        solved: how many of them found a solution.
        updates: the mean number of updates, an unsolved run counting with its budget.
        low, high: the ends of its interval; None with too few runs.
        most: the largest number of updates.
    """

    method: str
    mock: bool
    k: int
    runs: int
    solved: int
    updates: float
    low: float | None
    high: float | None
    most: int


def make(work: Work) -> Iterator[Path]:
    """Write the figure and the table of the experiment's runs."""
    folders = (RunFolder(work.runs / name).record() for name in work.ids)
    found = points(record for record in folders if record)
    if found:
        yield _table(found, work.out)
        yield from _figure(found, work.out)


def points(records: Iterable[RunRecord]) -> list[Point]:
    """One point for every method and k, in the order of k."""
    known = (_point(group.records) for group in grouped(records))
    return sorted((p for p in known if p), key=lambda point: (point.method, point.k))


def _point(records: Sequence[RunRecord]) -> Point | None:
    ended = [record for record in records if counts(record)]
    if not ended:
        return None
    first = ended[0]
    updates = [_updates(record) for record in ended]
    mean = estimate(updates, "mean")
    llm = f" ({'mock LLM, not a model' if first.mock else first.llm})" if first.llm else ""
    return Point(
        method=f"{first.optimizer}{llm}",
        mock=first.mock,
        k=first.config["task"]["k"],
        runs=len(ended),
        solved=sum(record.metrics.solved_at is not None for record in ended),
        updates=mean.value,
        low=mean.low,
        high=mean.high,
        most=max(updates),
    )


def _updates(record: RunRecord) -> int:
    solved_at = record.metrics.solved_at
    return int(record.config["iterations"]) if solved_at is None else solved_at


def _table(found: Sequence[Point], out: Path) -> Path:
    path = out / f"{STEM}.csv"
    out.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(asdict(found[0])), lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(point) for point in found)
    return path


def _figure(found: Sequence[Point], out: Path) -> list[Path]:
    with figures.style():
        from matplotlib.figure import Figure
        from matplotlib.ticker import MaxNLocator

        figure = Figure(figsize=(7.5, 5.6), layout="constrained")
        axes = figure.subplots()
        for n, method in enumerate(dict.fromkeys(point.method for point in found)):
            _line(axes, [point for point in found if point.method == method], n)
        _bounds(axes, max(point.k for point in found))
        axes.set_yscale("log", base=2)
        axes.set(xlabel="digits k", ylabel="updates until the number is found")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.set_title("binary_digits (App. E.2)")
        low, high = axes.get_ylim()
        axes.set_ylim(low, high * (high / low) ** 0.45)  # room for the legend
        axes.legend(loc="upper left")
        caption = CAPTION + UNSOLVED * any(point.solved < point.runs for point in found)
        figure.supxlabel(caption, fontsize=8, color="#555555", wrap=True)
        if any(point.mock for point in found):
            figures.watermark(axes)
        return figures.saved(figure, out, STEM)


def _line(axes: Any, line: Sequence[Point], n: int) -> None:
    colour = figures.COLOURS[n % len(figures.COLOURS)]
    ks, means = [p.k for p in line], [p.updates for p in line]
    marker = figures.MARKERS[n % len(figures.MARKERS)]
    style = ":" if line[0].mock else "-"
    axes.plot(ks, means, style, color=colour, marker=marker, markersize=4.5, label=line[0].method)
    banded = [(p.k, p.low, p.high) for p in line if p.low is not None and p.high is not None]
    if banded:
        axes.fill_between(*zip(*banded, strict=True), color=colour, alpha=0.2, linewidth=0)
    missed = [p for p in line if p.solved < p.runs]
    axes.plot([p.k for p in missed], [p.updates for p in missed], "x", color=colour, markersize=10)


def _bounds(axes: Any, largest: int) -> None:
    ks = range(1, largest + 1)
    axes.plot(ks, [k + 1 for k in ks], "--", color="#8a8a8a", linewidth=1, label="k + 1")
    blind = [k for k in ks if k <= 12]
    expected = [2.0 ** (k - 1) for k in blind]
    axes.plot(blind, expected, "-.", color="#8a8a8a", linewidth=1, label="2^(k-1)")
