"""Final scores along a setting, such as the length of the numerical task's graphs (App. H.2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trace_core import UserError

from .curves import Curve
from .groups import Group, grouped, setting
from .outcomes import SCORE, counts, final
from .record import RunRecord


def along(records: Iterable[RunRecord], key: str, metric: str = SCORE) -> dict[str, list[Curve]]:
    """Return the curves of each task: a value after the last update at each value of a setting.

    Args:
        records: the runs.
        key: a setting with numbers, such as "task.chain_length".
        metric: "score", or a held-out metric.

    Raises:
        UserError: no run has this setting, or it is no number.
    """
    having = [record for record in records if setting(record, key) is not None]
    if not having:
        raise UserError(f"No run has the setting {key!r}.")
    curves: dict[str, list[Curve]] = {}
    for group in grouped(having, apart_from=key):
        curves.setdefault(group.task, []).append(_curve(group, key, metric))
    return curves


def _curve(group: Group, key: str, metric: str) -> Curve:
    ended = [record for record in group.records if counts(record)]
    places = sorted({_number(record, key) for record in ended})
    values = tuple(_finals(ended, key, place, metric) for place in places)
    failures = sum(record.metrics.final is None for record in group.finished)
    return Curve(group, values, failures, tuple(places), key)


def _finals(records: Sequence[RunRecord], key: str, place: float, metric: str) -> tuple[float, ...]:
    found = [final(record, metric) for record in records if _number(record, key) == place]
    return tuple(value for value in found if value is not None)


def _number(record: RunRecord, key: str) -> float:
    value = setting(record, key)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise UserError(f"{key} is no number in {record.id}: {value!r}. It can be no axis.")
    return value
