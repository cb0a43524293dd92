"""A table beside the paper's: what a method ends with, there and here. CSV, Markdown and LaTeX."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import median

from trace_core import UserError

from .curves import Curve
from .numerals import number
from .published import PublishedCurve
from .selection import Selection
from .statistics import Estimate

NONE = "-"


@dataclass(frozen=True, slots=True)
class Line:
    """One method. All cells are text; "-" where there is nothing.

    Attributes:
        method: our label, or the paper's name for a method that was not run.
        paper: the paper's mean after the same number of updates (its last, if it made fewer).
        mean: ours after the last update, with its 95 % bootstrap interval; likewise the next two.
        difference: our mean minus the paper's, with the interval of ours: the paper gives none.
        n: runs, those that failed in brackets.
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
    solved: str
    llm: str


def lines(curves: Sequence[Curve], published: Sequence[PublishedCurve]) -> list[Line]:
    """Return a line for each of our curves and for each method of the paper without one."""
    unmatched = list(published)
    found = []
    for curve in curves:
        paper = _counterpart(curve, published)
        if paper in unmatched:
            unmatched.remove(paper)
        found.append(_line(curve, paper))
    missing = [Line(p.method, number(p.points[-1][1]), *[NONE] * 7) for p in unmatched]
    return found + missing


def write(table: Sequence[Line], out: Path, stem: str, unit: str) -> list[Path]:
    """Write the table in all three forms; return their paths.

    Raises:
        UserError: `out` cannot be written.
    """
    texts = {"csv": as_csv(table), "md": as_markdown(table, unit), "tex": as_latex(table, unit)}
    paths = [out / f"{stem}.{ending}" for ending in texts]
    try:
        out.mkdir(parents=True, exist_ok=True)
        for path, text in zip(paths, texts.values(), strict=True):
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"Cannot write {out}: {error.strerror}. Choose another --out.") from error
    return paths


def as_csv(table: Sequence[Line]) -> str:
    """Return the table as CSV with a header."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerows([_names(), *map(_cells, table)])
    return file.getvalue()


def as_markdown(table: Sequence[Line], unit: str) -> str:
    """Return the table as Markdown, with the unit and what brackets mean below it."""
    rows = [_names(), ["---"] * len(_names()), *map(_cells, table)]
    text = "".join(f"| {' | '.join(_escaped(c, '|') for c in row)} |\n" for row in rows)
    return f"{text}\n{_note(unit)}\n"


def as_latex(table: Sequence[Line], unit: str) -> str:
    """Return the table as a LaTeX tabular of the package booktabs."""
    body = " \\\\\n".join(" & ".join(map(_tex, row)) for row in map(_cells, table))
    columns = "l" + "r" * (len(_names()) - 2) + "l"
    head = " & ".join(map(_tex, _names()))
    return (
        f"% {_note(unit)}\n\\begin{{tabular}}{{{columns}}}\n\\toprule\n{head} \\\\\n\\midrule\n"
        f"{body} \\\\\n\\bottomrule\n\\end{{tabular}}\n"
    )


def _line(curve: Curve, paper: PublishedCurve | None) -> Line:
    group = curve.group
    failed = group.count("failed")
    mean = curve.last("mean")
    published = None if paper is None else _at(paper, len(curve.values) - 1)
    return Line(
        method=group.label,
        paper=number(published) if published is not None else NONE,
        mean=_text(mean),
        difference=_text(_minus(mean, published)),
        median=_text(curve.last("median")),
        iqm=_text(curve.last("iqm")),
        n=f"{curve.n} ({failed} failed)" if failed else str(curve.n),
        solved=_solved(group.solved_at),
        llm="mock, not a model" if group.mock else group.llm or NONE,
    )


def _solved(iterations: Sequence[int]) -> str:
    return f"{len(iterations)}, at {number(median(iterations))}" if iterations else "0"


def _counterpart(curve: Curve, published: Sequence[PublishedCurve]) -> PublishedCurve | None:
    first = curve.group.records[0]
    return next((p for p in published if p.ours and first in Selection.of(p.ours)), None)


def _at(paper: PublishedCurve, iteration: int) -> float:
    """The paper's value at an iteration, or at its last one."""
    return [value for i, value in paper.points if i <= max(iteration, 0)][-1]


def _minus(mean: Estimate | None, published: float | None) -> Estimate | None:
    if mean is None or published is None or not math.isfinite(mean.value):
        return None
    ends = [None if end is None else end - published for end in (mean.low, mean.high)]
    return Estimate(mean.value - published, *ends)


def _text(found: Estimate | None) -> str:
    if found is None:
        return NONE
    if found.low is None or found.high is None:
        return number(found.value)
    return f"{number(found.value)} [{number(found.low)}, {number(found.high)}]"


def _names() -> list[str]:
    return [field.name for field in fields(Line)]


def _cells(line: Line) -> list[str]:
    return [getattr(line, name) for name in _names()]


def _note(unit: str) -> str:
    return (
        f"{unit}, after the last update. In brackets: 95 % bootstrap interval over seeds, from 5 "
        "runs on; that of the difference is ours alone, for the paper prints none."
    )


def _escaped(text: str, characters: str) -> str:
    return "".join(f"\\{c}" if c in characters else c for c in text)


def _tex(text: str) -> str:
    return _escaped(text, "&%$#_{}")
