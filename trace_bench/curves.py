"""From runs to curves: a statistic over seeds, along iterations or along what was spent."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from trace_core import UserError

from .axes import ITERATIONS, LABELS, require_known, spent
from .groups import Group, grouped
from .outcomes import SCORE, counts, series
from .record import RunRecord
from .results import Result, results
from .rows import Row
from .statistics import Estimate, estimate, estimates
from .suggestions import did_you_mean, listed

POINTS = 51
"""Along what was spent, runs have no common points: a curve is read at so many."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A quantity along an axis for the finished and failed runs of one group.

    Attributes:
        values: for each place on the axis, one number a run; see `outcomes.series`. Infinite where
            a run failed whose task has no worst score. None where only some of the runs have one:
            a line through other runs at each place would tell of nothing but that.
        failures: how many iterations of its runs failed, in all.
        x: the places; by default iterations 0, 1, …
        axis: what they count: a key of `axes.LABELS`, or a setting.
    """

    group: Group
    values: tuple[tuple[float, ...], ...]
    failures: int
    x: tuple[float, ...] | None = None
    axis: str = ITERATIONS

    @property
    def n(self) -> int:
        """How many runs the curve is about."""
        return sum(map(counts, self.group.records))

    @property
    def sizes(self) -> list[int]:
        """Of how many runs its points may be: those of a setting's values are different runs."""
        if self.axis in LABELS or not self.drawn:
            return [self.n]
        return sorted({len(numbers) for numbers in self.values if numbers})

    @property
    def drawn(self) -> bool:
        """Whether it has a point."""
        return any(self.values)

    @property
    def places(self) -> tuple[float, ...]:
        """Where on the axis the values are."""
        return tuple(range(len(self.values))) if self.x is None else self.x

    def estimates(self, statistic: str) -> list[tuple[float, Estimate]]:
        """Return the statistic with its interval at every place where it is finite."""
        known = [k for k, numbers in enumerate(self.values) if numbers]
        found = estimates([self.values[k] for k in known], statistic)
        places = self.places
        return [(places[k], e) for k, e in zip(known, found, strict=True) if math.isfinite(e.value)]

    def at(self, k: int, statistic: str) -> Estimate | None:
        """Return the statistic at a place, infinite or not; None without a value there."""
        numbers = self.values[k] if self.values else ()
        return estimate(numbers, statistic) if numbers else None

    def last(self, statistic: str) -> Estimate | None:
        """Return the statistic at the last place."""
        return self.at(-1, statistic)


def load_curves(
    out: Path,
    metric: str = SCORE,
    only: Collection[str] | None = None,
    axis: str = ITERATIONS,
) -> dict[str, list[Curve]]:
    """Read every run below `out`; return the curves of each task.

    Args:
        out: a folder of run folders.
        metric: "score", or a held-out metric.
        only: the ids of the runs to look at; None for all.
        axis: a key of `axes.LABELS`.

    Raises:
        UserError: there are no runs, none has this metric or axis, or a file is damaged.
    """
    require_known(axis)
    found = results(out, only)
    if not found:
        raise UserError(f"There are no runs in {out}. `trace-bench run` makes some.")
    measured = [result for result in found if metric == SCORE or _has(result, metric)]
    if not measured:
        known = {SCORE} | {name for result in found for row in result.rows for name in row.metrics}
        raise UserError(
            f"No run in {out} has the metric {metric!r}.{did_you_mean(metric, known)} "
            f"There are: {listed(known)}."
        )
    return by_task(found, metric, axis)


def by_task(
    found: Iterable[Result], metric: str = SCORE, axis: str = ITERATIONS
) -> dict[str, list[Curve]]:
    """Return the curves of each task, of those groups that have the metric."""
    of = {result.record.id: result for result in found}
    curves: dict[str, list[Curve]] = {}
    for group in grouped(result.record for result in of.values()):
        members = [of[record.id] for record in group.records]
        if metric != SCORE and not any(_has(member, metric) for member in members):
            continue
        rows = [member.rows for member in members if counts(member.record)]
        curves.setdefault(group.task, []).append(curve(group, rows, metric, axis))
    return curves


def curve(
    group: Group, runs: Sequence[Sequence[Row]], metric: str = SCORE, axis: str = ITERATIONS
) -> Curve:
    """Return the curve of a group whose finished and failed runs have these rows.

    It has no points if the axis is a cost that was not paid, or not known, in each run.
    """
    ended = [record for record in group.records if counts(record)]
    lines = [series(record, rows, metric) for record, rows in zip(ended, runs, strict=True)]
    failures = sum(_failed(r, row) for r, rows in zip(ended, runs, strict=True) for row in rows)
    if axis == ITERATIONS:
        return Curve(group, _columns(lines), failures)
    costs = [spent(rows, axis) for rows in runs]
    known = [cost for cost in costs if cost is not None]
    most = max((cost[-1] for cost in known), default=0.0)
    if len(known) < len(costs) or most == 0:
        return Curve(group, (), failures, (), axis)
    x = (*(most * k / (POINTS - 1) for k in range(POINTS - 1)), most)
    read = [_read(line, cost, x) for line, cost in zip(lines, known, strict=True)]
    return Curve(group, _columns(read), failures, x, axis)


def updates(curves: Iterable[Curve]) -> set[int]:
    """Return after how many updates curves along iterations end."""
    return {len(curve.values) - 1 for curve in curves if curve.axis == ITERATIONS and curve.drawn}


def _columns(lines: Sequence[Sequence[float | None]]) -> tuple[tuple[float, ...], ...]:
    columns = [[v for v in column if v is not None] for column in zip(*lines, strict=True)]
    most = max(map(len, columns), default=0)
    return tuple(tuple(column) if len(column) == most else () for column in columns)


def _read(
    line: Sequence[float | None], cost: Sequence[float], places: Sequence[float]
) -> list[float | None]:
    """Return what a run had reached when it had spent so much: a curve of steps.

    Args:
        line: its values, of which there may be more than iterations; see `outcomes.series`.
        cost: what it had spent at each iteration and in the end.
        places: what to read it at.
    """
    reached = [bisect_right(cost, place) - 1 for place in places]
    return [line[min(k, len(line) - 1)] if line else None for k in reached]


def _has(result: Result, metric: str) -> bool:
    return any(metric in row.metrics for row in result.rows)


def _failed(record: RunRecord, row: Row) -> bool:
    if record.judged_by is not None:  # by a held-out metric, which may not have been measured
        return False
    return row.score is None or math.isnan(row.score)
