"""What a run is worth in a comparison: its scores, with failures counted as the worst there is."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .record import RunRecord
from .rows import Row

SCORE = "score"


def worst(record: RunRecord, metric: str = SCORE) -> float:
    """Return what a failure counts as: the task's worst score, or infinitely bad without one."""
    if metric in (SCORE, record.judged_by) and record.worst is not None:
        return record.worst
    return math.inf if lower_is_better(record, metric) else -math.inf


def lower_is_better(record: RunRecord, metric: str = SCORE) -> bool:
    """Which values of the score, or of a held-out metric, are good."""
    return record.lower_is_better if metric == SCORE else metric in record.lower_metrics


def counts(record: RunRecord) -> bool:
    """Whether a run has come to an end that says something about its optimizer."""
    return record.status in ("finished", "failed")


def final(record: RunRecord, metric: str = SCORE) -> float | None:
    """Return the value after the last update; None if a finished run never had this metric."""
    if record.status == "failed":
        return worst(record, metric)
    if metric != SCORE:
        value = record.metrics.held_out.get(metric)
        return worst(record, metric) if value is not None and math.isnan(value) else value
    return _or_worst(record.metrics.final, record)


def series(record: RunRecord, rows: Sequence[Row], metric: str = SCORE) -> list[float | None]:
    """Return the value at every iteration up to the run's budget.

    A run that ended early because it had solved its problem keeps its last value. One that failed
    counts as the worst from there on. A held-out metric that an iteration lacks is None.
    """
    values = [_value(record, row, metric) for row in rows]
    length = max(int(record.config["iterations"]) + 1, len(values))
    rest = worst(record, metric) if record.status == "failed" else values[-1] if values else None
    return values + [rest] * (length - len(values))


def _value(record: RunRecord, row: Row, metric: str) -> float | None:
    name = record.judged_by if metric == SCORE else metric
    if name is None:
        return _or_worst(row.score, record)
    value = row.metrics.get(name)
    return worst(record, metric) if value is not None and math.isnan(value) else value


def _or_worst(score: float | None, record: RunRecord) -> float:
    return worst(record) if score is None or math.isnan(score) else score
