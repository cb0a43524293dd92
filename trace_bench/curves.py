"""From run folders to curves: a statistic over seeds at every iteration."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from trace_core import UserError

from .groups import Group, grouped
from .rows import Row
from .statistics import Estimate, estimate
from .store import folders
from .suggestions import did_you_mean, listed

SCORE = "score"


@dataclass(frozen=True, slots=True)
class Curve:
    """A quantity over iterations 0, 1, … for the finished runs of one group.

    Attributes:
        values: for each iteration, one number a run. A run that ended early, because it solved its
            problem, keeps its last value; an iteration whose workflow failed gives none.
        missing: how many numbers are missing for that reason.
    """

    group: Group
    values: tuple[tuple[float, ...], ...]
    missing: int

    @property
    def n(self) -> int:
        """How many runs the curve is about."""
        return len(self.group.finished)

    def estimates(self, statistic: str) -> list[tuple[int, Estimate]]:
        """Return the statistic with its interval at every iteration that has a value."""
        found = enumerate(self.values)
        return [(i, estimate(numbers, statistic)) for i, numbers in found if numbers]


def load_curves(out: Path, metric: str = SCORE) -> dict[str, list[Curve]]:
    """Read every run below `out`; return the curves of each task.

    Args:
        out: a folder of run folders.
        metric: "score", or a held-out metric.

    Raises:
        UserError: there are no runs, none has this metric, or a file is damaged.
    """
    found = [(record, f) for f in folders(out) for record in [f.record()] if record]
    if not found:
        raise UserError(f"There are no runs in {out}. `trace-bench run` makes some.")
    where = {record.id: folder for record, folder in found}
    curves: dict[str, list[Curve]] = {}
    known: set[str] = set()
    for group in grouped(record for record, _ in found):
        rows = [where[r.id].rows() for r in group.finished]
        known |= {name for run in rows for row in run for name in row.metrics}
        if metric == SCORE or any(metric in row.metrics for run in rows for row in run):
            curves.setdefault(group.task, []).append(curve(group, rows, metric))
    if not curves:
        raise UserError(
            f"No run in {out} has the metric {metric!r}.{did_you_mean(metric, known)} "
            f"There are: {listed({SCORE, *known})}."
        )
    return curves


def curve(group: Group, runs: Sequence[Sequence[Row]], metric: str = SCORE) -> Curve:
    """Return the curve of a group whose finished runs have these rows."""
    length = max((int(r.config["iterations"]) + 1 for r in group.finished), default=0)
    series = [_padded([_value(row, metric) for row in rows], length) for rows in runs]
    columns = list(zip(*series, strict=True))
    values = tuple(tuple(v for v in column if v is not None) for column in columns)
    return Curve(group, values, sum(column.count(None) for column in columns))


def _padded(values: list[float | None], length: int) -> list[float | None]:
    return values + values[-1:] * (length - len(values))


def _value(row: Row, metric: str) -> float | None:
    value = row.score if metric == SCORE else row.metrics.get(metric)
    return None if value is None or math.isnan(value) else value
