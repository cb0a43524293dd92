"""From run folders to curves: a statistic over seeds at every iteration."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from trace_core import UserError

from .groups import Group, grouped
from .outcomes import SCORE, counts, series
from .record import RunRecord
from .rows import Row
from .statistics import Estimate, estimates
from .store import folders
from .suggestions import did_you_mean, listed


@dataclass(frozen=True, slots=True)
class Curve:
    """A quantity over iterations 0, 1, … for the finished and failed runs of one group.

    Attributes:
        values: for each iteration, one number a run; see `outcomes.series`. Infinite where a run
            failed whose task has no worst score.
        failures: how many iterations of its runs failed, in all.
    """

    group: Group
    values: tuple[tuple[float, ...], ...]
    failures: int

    @property
    def n(self) -> int:
        """How many runs the curve is about."""
        return sum(map(counts, self.group.records))

    def estimates(self, statistic: str) -> list[tuple[int, Estimate]]:
        """Return the statistic with its interval at every iteration where it is finite."""
        known = [i for i, numbers in enumerate(self.values) if numbers]
        found = estimates([self.values[i] for i in known], statistic)
        return [(i, e) for i, e in zip(known, found, strict=True) if math.isfinite(e.value)]


def load_curves(
    out: Path, metric: str = SCORE, only: Collection[str] | None = None
) -> dict[str, list[Curve]]:
    """Read every run below `out`; return the curves of each task.

    Args:
        out: a folder of run folders.
        metric: "score", or a held-out metric.
        only: the ids of the runs to look at; None for all.

    Raises:
        UserError: there are no runs, none has this metric, or a file is damaged.
    """
    found = [(record, f) for f in folders(out) for record in [f.record()] if record]
    if only is not None:
        found = [(record, folder) for record, folder in found if record.id in only]
    if not found:
        raise UserError(f"There are no runs in {out}. `trace-bench run` makes some.")
    where = {record.id: folder for record, folder in found}
    curves: dict[str, list[Curve]] = {}
    known: set[str] = set()
    for group in grouped(record for record, _ in found):
        rows = [where[r.id].rows() for r in group.records if counts(r)]
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
    """Return the curve of a group whose finished and failed runs have these rows."""
    ended = [record for record in group.records if counts(record)]
    lines = [series(record, rows, metric) for record, rows in zip(ended, runs, strict=True)]
    columns = list(zip(*lines, strict=True))
    values = tuple(tuple(v for v in column if v is not None) for column in columns)
    failures = sum(_failed(r, row) for r, rows in zip(ended, runs, strict=True) for row in rows)
    return Curve(group, values, failures)


def _failed(record: RunRecord, row: Row) -> bool:
    if record.judged_by is not None:  # by a held-out metric, which may not have been measured
        return False
    return row.score is None or math.isnan(row.score)
