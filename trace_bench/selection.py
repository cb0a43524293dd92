"""Choosing runs by their settings: KEY=VALUE[,KEY=VALUE], or KEY!=VALUE."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trace_core import UserError

from .record import RunRecord
from .suggestions import did_you_mean


@dataclass(frozen=True, slots=True)
class Selection:
    """Runs whose config has all of these values.

    A key is task, optimizer, llm (the chosen name), seed, iterations, or a setting such as
    optimizer.memory_size. With KEY!=VALUE, the value is any other.
    """

    wanted: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, words: str) -> Selection:
        """Read KEY=VALUE[,KEY=VALUE].

        Raises:
            UserError: a part is something else.
        """
        return cls(tuple(_pair(word, words) for word in words.split(",")))

    def require_known(self, records: Sequence[RunRecord]) -> None:
        """Refuse a key that is in no run's config.

        Raises:
            UserError: there is one.
        """
        known = {"llm", *(key for record in records for key in _keys(record.config))}
        for key, _ in self.wanted:
            name = key.removesuffix("!")
            if records and name not in known:
                raise UserError(f"No run has the setting {name!r}.{did_you_mean(name, known)}")

    def __contains__(self, record: RunRecord) -> bool:
        return all(
            _has(record, key.removesuffix("!"), value) != key.endswith("!")
            for key, value in self.wanted
        )


def _pair(word: str, words: str) -> tuple[str, str]:
    key, equals, value = word.partition("=")
    if not (equals and key.strip()):
        raise UserError(f"{words!r}: {word!r} is not KEY=VALUE.")
    return key.strip(), value.strip()


def _keys(config: Mapping[str, Any]) -> Iterator[str]:
    """All that may be asked for: "task", "task.subset", "seed"."""
    for key, value in config.items():
        yield key
        if isinstance(value, Mapping):
            yield from (f"{key}.{name}" for name in _keys(value))


def _has(record: RunRecord, key: str, value: str) -> bool:
    found: Any = record.config
    for part in key.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    if isinstance(found, Mapping):
        found = found.get("name")
    return value in (str(found), json.dumps(found)) or _is_number(found, value)


def _is_number(found: Any, value: str) -> bool:
    """Whether a number is written in other words, such as 1e-3 for 0.001."""
    if isinstance(found, bool) or not isinstance(found, int | float):
        return False
    try:
        return float(value) == found
    except ValueError:
        return False
