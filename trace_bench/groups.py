"""Runs that differ in nothing but the seed belong together; what else differs is in their label."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from .record import RunRecord

LONGEST = 20
"""Characters of a value in a label, unless it takes more to tell labels apart."""


@dataclass(frozen=True, slots=True)
class Group:
    """The runs of one config over its seeds.

    Attributes:
        label: optimizer and LLM, with the settings that set it apart from its neighbours.
        records: by seed.
    """

    task: str
    optimizer: str
    llm: str | None
    mock: bool
    label: str
    metric: str
    lower_is_better: bool
    records: tuple[RunRecord, ...]

    @property
    def finished(self) -> tuple[RunRecord, ...]:
        """The runs that came to their end."""
        return tuple(r for r in self.records if r.status == "finished")

    @property
    def solved_at(self) -> tuple[int, ...]:
        """The iterations at which runs found a solution, of those that did."""
        found = (r.metrics.solved_at for r in self.records)
        return tuple(iteration for iteration in found if iteration is not None)

    def count(self, status: str) -> int:
        """How many runs have this status."""
        return sum(r.status == status for r in self.records)


def grouped(records: Iterable[RunRecord], apart_from: str = "") -> list[Group]:
    """Sort runs into groups: in the order in which they come, and those of a method by settings.

    Args:
        records: the runs.
        apart_from: a setting such as "task.chain_length" in which members of a group may differ.
    """
    found: dict[str, list[RunRecord]] = {}
    for record in records:
        settings = {**_settings(record.config), apart_from: None}
        key = json.dumps(settings, sort_keys=True)
        found.setdefault(key, []).append(record)
    firsts = [members[0] for members in found.values()]
    apart = differing_settings(((_names(r), r.config) for r in firsts), apart_from)
    place = {names: k for k, names in enumerate(dict.fromkeys(map(_names, firsts)))}

    def order(members: Sequence[RunRecord]) -> tuple[Any, ...]:
        names, settings = _names(members[0]), _settings(members[0].config)
        return place[names], *(_rank(settings.get(key)) for key in sorted(apart[names]))

    made = [_group(members, apart) for members in sorted(found.values(), key=order)]
    alike = Counter((group.task, group.label) for group in made)
    return [_group(g.records, apart, whole=True) if alike[g.task, g.label] > 1 else g for g in made]


def labels_without(
    records: Sequence[RunRecord], without: Set[str], **changes: Any
) -> dict[str, str]:
    """For each run, what sets it apart from others if some parts of its config are ignored."""
    copies = [
        record.model_copy(
            update={"config": {k: v for k, v in record.config.items() if k not in without}}
            | changes
        )
        for record in records
    ]
    return {record.id: group.label for group in grouped(copies) for record in group.records}


def setting(record: RunRecord, key: str) -> Any:
    """Return a setting such as "task.chain_length", None if a run has none of this name."""
    return _settings(record.config).get(key)


def _group(
    members: Sequence[RunRecord],
    apart: Mapping[tuple[str, ...], set[str]],
    *,
    whole: bool = False,
) -> Group:
    first = members[0]
    llm = _llm(first, replayed=any(r.replayed for r in members))
    settings = format_settings(first.config, apart[_names(first)], whole=whole)
    label = " ".join(filter(None, [first.optimizer, f"({llm})" if llm else "", settings]))
    return Group(
        first.task,
        first.optimizer,
        first.llm,
        first.mock,
        label,
        first.metric,
        first.lower_is_better,
        tuple(sorted(members, key=lambda r: r.seed)),
    )


def format_settings(config: Mapping[str, Any], keys: Iterable[str], *, whole: bool = False) -> str:
    """Some settings of a config: "iterations=100 optimizer.lr=0.1"; long values cut or whole."""
    settings = _settings(config)
    longest = None if whole else LONGEST
    return " ".join(f"{key}={_short(settings.get(key), longest)}" for key in sorted(keys))


def _llm(record: RunRecord, *, replayed: bool) -> str | None:
    name = "mock LLM, not a model" if record.mock else record.llm
    return f"{name}, replayed" if replayed else name


def differing_settings(
    configs: Iterable[tuple[tuple[str, ...], Mapping[str, Any]]], apart_from: str = ""
) -> dict[tuple[str, ...], set[str]]:
    """For each name, the settings that are not the same in all its configs."""
    of_name: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for name, config in configs:
        of_name.setdefault(name, []).append(_settings(config))
    return {
        name: {
            key
            for key in {key for settings in same for key in settings} - {apart_from}
            if len({json.dumps(s.get(key), sort_keys=True) for s in same}) > 1
        }
        for name, same in of_name.items()
    }


def _names(record: RunRecord) -> tuple[str, ...]:
    return (record.task, record.optimizer, record.llm or "")


def _settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """Flatten a config: {"optimizer.lr": 0.1, "iterations": 10}, without the seed."""
    flat: dict[str, Any] = {}
    for key, value in config.items():
        if isinstance(value, Mapping):
            flat.update({f"{key}.{name}": item for name, item in value.items()})
        elif key != "seed":
            flat[key] = value
    return flat


def _rank(value: Any) -> tuple[int, Any]:
    """What sorts values of any type: numbers by size, after those and None all else as text."""
    if value is None:
        return (0, 0)
    return (1, value) if isinstance(value, int | float) else (2, json.dumps(value))


def _short(value: Any, longest: int | None) -> str:
    text = json.dumps(value) if not isinstance(value, str) else value
    return text if longest is None or len(text) <= longest else f"{text[: longest - 3]}..."
