"""Recordings that travel: a gzip file of JSON lines.

The first line is the table of contents, a list of what the runs are. Each line after it is one
exchange with the place of its run in that list. Equal contents give equal bytes.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from trace_core._errors import UserError

from ._canonical import canonical
from ._exchange import Exchange

FORMAT = 1
RECORDING_SUFFIX = ".jsonl.gz"


def write_recording(
    path: Path, runs: Sequence[tuple[Mapping[str, Any], Iterable[Exchange]]]
) -> int:
    """Write a recording: for each run what it is, and its exchanges. Returns how many those are."""
    lines = [canonical({"format": FORMAT, "runs": [description for description, _ in runs]})]
    for place, (_, exchanges) in enumerate(runs):
        for exchange in exchanges:
            plain = replace(exchange, reply=replace(exchange.reply, cached=False))
            lines.append(canonical({"run": place, "exchange": plain.as_json()}))
    packed = gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)
    temporary = path.with_name(f"{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(packed)
        temporary.replace(path)
    except OSError as error:
        raise UserError(f"Cannot write {path}: {error.strerror}.") from None
    return len(lines) - 1


def recorded_runs(path: Path) -> list[dict[str, Any]]:
    """What the runs of a recording are, without reading the rest.

    Raises:
        UserError: it is no recording, or one of another version.
    """
    state = _state(path)
    return _contents(path, *state)


def recorded_exchanges(path: Path, place: int) -> list[Exchange]:
    """The exchanges of one run, in the order in which they were made.

    Raises:
        UserError: the file is damaged.
    """
    return list(_exchanges(path, *_state(path)).get(place, ()))


@lru_cache(maxsize=64)
def _contents(path: Path, size: int, changed_ns: int) -> list[dict[str, Any]]:
    with _read(path) as lines:
        return _runs(path, next(lines, b""))


@lru_cache(maxsize=4)
def _exchanges(path: Path, size: int, changed_ns: int) -> dict[int, list[Exchange]]:
    found: dict[int, list[Exchange]] = {}
    with _read(path) as lines:
        known = len(_runs(path, next(lines, b"")))
        for line in lines:
            data = json.loads(line)
            if not 0 <= data["run"] < known:
                raise ValueError(f"an exchange of the run {data['run']} of {known}")
            found.setdefault(data["run"], []).append(Exchange.from_json(data["exchange"]))
    return found


def _runs(path: Path, line: bytes) -> list[dict[str, Any]]:
    head = json.loads(line)
    if head["format"] != FORMAT:
        raise UserError(
            f"{path} is a recording in the form {head['format']}; this version reads {FORMAT}."
        )
    runs: list[dict[str, Any]] = head["runs"]
    return runs


@contextmanager
def _read(path: Path) -> Iterator[Iterator[bytes]]:
    try:
        with gzip.open(path) as stream:
            yield iter(stream)
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path} is no recording, or a damaged one ({error}): get it again, or make it with "
            "`trace-bench replays pack`."
        ) from None


def _state(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError as error:
        raise UserError(f"Cannot read the recording {path}: {error.strerror}.") from None
    return found.st_size, found.st_mtime_ns
