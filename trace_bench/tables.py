"""A table beside the paper's: what a method ends with, there and here. CSV, Markdown and LaTeX."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import median
from typing import Any

from trace_core import UserError

from .curves import Curve, updates
from .numerals import number
from .published import PublishedCurve
from .selection import Selection
from .statistics import Estimate

NONE = "-"
BRACKETS = "In brackets: 95 % bootstrap interval over seeds, from 5 runs on"


@dataclass(frozen=True, slots=True)
class Line:
    """One method. All cells are text; "-" where there is nothing.

    Attributes:
        method: our label, or the paper's name for a method that was not run.
        paper: the paper's mean after the same number of updates (its last, if it made fewer).
        mean: ours after the last update, with its 95 % bootstrap interval; likewise the next two.
        difference: our mean minus the paper's, with the interval of ours: the paper gives none.
        n: runs, those that failed in brackets.
        updates: after how many this is.
        solved: runs that found a solution, and the median iteration at which they did.
        llm: who answered.
    """

    method: str
    paper: str
    mean: str
    difference: str
    median: str
    iqm: str
    n: str
    updates: str
    solved: str
    llm: str


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """One method at one value of a setting; cells as in `Line`."""

    method: str
    at: str
    mean: str
    median: str
    iqm: str
    n: str
    llm: str


@dataclass(frozen=True, slots=True)
class Table:
    """Cells with what they mean; all text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str


def beside(curves: Sequence[Curve], published: Sequence[PublishedCurve], unit: str) -> Table:
    """Return what methods end with, beside the paper's numbers."""
    note = (
        f"{unit}, after the last update. {BRACKETS}; that of the difference is ours alone, for the "
        "paper prints none."
    )
    if len(updates(curves)) > 1:
        note += " The methods made different numbers of updates."
    return table(Line, lines(curves, published), note)


def along(curves: Sequence[Curve], unit: str) -> Table:
    """Return what methods end with at each value of a setting."""
    found = [
        PlaceLine(
            method=curve.group.label,
            at=f"{place:g}",
            mean=text(curve.at(k, "mean")),
            median=text(curve.at(k, "median")),
            iqm=text(curve.at(k, "iqm")),
            n=str(len(curve.values[k])),
            llm=_llm(curve),
        )
        for curve in curves
        for k, place in enumerate(curve.places)
    ]
    axis = curves[0].axis if curves else "setting"
    return table(PlaceLine, found, f"{unit}, after the last update, at each {axis}. {BRACKETS}.")


def lines(curves: Sequence[Curve], published: Sequence[PublishedCurve]) -> list[Line]:
    """Return a line for each of our curves and for each method of the paper without one."""
    unmatched = list(published)
    counterparts: dict[int, PublishedCurve] = {}
    for k, curve in sorted(enumerate(curves), key=lambda each: not each[1].drawn):
        paper = _counterpart(curve, unmatched)  # one curve has the paper's number
        if paper is not None:
            unmatched.remove(paper)
            counterparts[k] = paper
    found = [_line(curve, counterparts.get(k)) for k, curve in enumerate(curves)]
    missing = [Line(p.method, number(p.points[-1][1]), *[NONE] * 8) for p in unmatched]
    return found + missing


def write(table: Table, out: Path, stem: str) -> list[Path]:
    """Write the table in all three forms; return their paths.

    Raises:
        UserError: `out` cannot be written.
    """
    texts = {"csv": as_csv(table), "md": as_markdown(table), "tex": as_latex(table)}
    paths = [out / f"{stem}.{ending}" for ending in texts]
    try:
        out.mkdir(parents=True, exist_ok=True)
        for path, whole in zip(paths, texts.values(), strict=True):
            path.write_text(whole, encoding="utf-8")
    except OSError as error:
        raise UserError(f"Cannot write {out}: {error.strerror}. Choose another --out.") from error
    return paths


def as_csv(table: Table) -> str:
    """Return the table as CSV with a header."""
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows([table.columns, *table.rows])
    return file.getvalue()


def as_markdown(table: Table) -> str:
    """Return the table as Markdown, with what it means below it."""
    rows = [table.columns, ["---"] * len(table.columns), *table.rows]
    lines = "".join(f"| {' | '.join(_escaped(c, '|') for c in row)} |\n" for row in rows)
    return f"{lines}\n{table.note}\n"


def as_latex(table: Table) -> str:
    """Return the table as a LaTeX tabular of the package booktabs."""
    body = " \\\\\n".join(" & ".join(map(_tex, row)) for row in table.rows)
    columns = "l" + "r" * (len(table.columns) - 2) + "l"
    head = " & ".join(map(_tex, table.columns))
    return (
        f"% {table.note}\n\\begin{{tabular}}{{{columns}}}\n\\toprule\n{head} \\\\\n\\midrule\n"
        f"{body} \\\\\n\\bottomrule\n\\end{{tabular}}\n"
    )


def table(kind: type[Any], found: Sequence[Any], note: str) -> Table:
    """Return lines as a table.

    Args:
        kind: the dataclass of the lines, whose fields are all texts.
        found: the lines.
        note: what the cells mean.
    """
    names = tuple(field.name for field in fields(kind))
    return Table(names, tuple(tuple(getattr(line, n) for n in names) for line in found), note)


def _line(curve: Curve, paper: PublishedCurve | None) -> Line:
    group = curve.group
    failed = group.count("failed")
    mean = curve.last("mean")
    last = len(curve.values) - 1 if curve.drawn else None
    published = None if paper is None else _at(paper, last)
    return Line(
        method=group.label,
        paper=number(published) if published is not None else NONE,
        mean=text(mean),
        difference=text(_minus(mean, published)),
        median=text(curve.last("median")),
        iqm=text(curve.last("iqm")),
        n=f"{curve.n} ({failed} failed)" if failed else str(curve.n),
        updates=NONE if last is None else str(last),
        solved=_solved(group.solved_at),
        llm=_llm(curve),
    )


def _llm(curve: Curve) -> str:
    return "mock, not a model" if curve.group.mock else curve.group.llm or NONE


def _solved(iterations: Sequence[int]) -> str:
    return f"{len(iterations)}, at {number(median(iterations))}" if iterations else "0"


def _counterpart(curve: Curve, unmatched: Sequence[PublishedCurve]) -> PublishedCurve | None:
    first = curve.group.records[0]
    return next((p for p in unmatched if p.ours and first in Selection.of(p.ours)), None)


def _at(paper: PublishedCurve, iteration: int | None) -> float:
    """The paper's value at an iteration, or at its last one."""
    return [value for i, value in paper.points if iteration is None or i <= iteration][-1]


def _minus(mean: Estimate | None, published: float | None) -> Estimate | None:
    if mean is None or published is None or not math.isfinite(mean.value):
        return None
    ends = [None if end is None else end - published for end in (mean.low, mean.high)]
    return Estimate(mean.value - published, *ends)


def text(found: Estimate | None) -> str:
    """Write an estimate with its interval, if it has one."""
    if found is None:
        return NONE
    if found.low is None or found.high is None:
        return number(found.value)
    return f"{number(found.value)} [{number(found.low)}, {number(found.high)}]"


def _escaped(text: str, characters: str) -> str:
    return "".join(f"\\{c}" if c in characters else c for c in text)


def _tex(text: str) -> str:
    return _escaped(text, "&%$#_{}")
