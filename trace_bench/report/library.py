"""The runs in a folder, read again only where they have changed: a report may be watched."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from trace_bench.outcomes import counts
from trace_bench.record import RunRecord
from trace_bench.results import LeftOut, Result, readable, result
from trace_bench.store import RECORD, STEPS, TRACES, RunFolder
from trace_core import UserError

Stamp = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A run as it was read.

    Attributes:
        result: its numbers; without rows if they are damaged.
        problem: what is damaged, None if nothing is.
        stamp: times and sizes of its files.
    """

    folder: RunFolder
    result: Result
    problem: str | None
    stamp: Stamp

    @property
    def record(self) -> RunRecord:
        """What `run.json` says."""
        return self.result.record


class Library:
    """Everything in a folder of run folders.

    Attributes:
        entries: the runs by id.
        left_out: folders that can't be read, and why.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self.entries: dict[str, Entry] = {}
        self.left_out: list[LeftOut] = []

    def refresh(self) -> None:
        """Read what is new or has changed.

        Raises:
            UserError: there is no such folder.
        """
        folders, left_out = readable(self.out)
        known = {entry.folder.path: entry for entry in self.entries.values()}
        found = [_entry(folder, known.get(folder.path)) for folder in folders]
        self.entries = {entry.record.id: entry for entry in found if entry}
        self.left_out = left_out + [
            LeftOut(entry.folder.path, entry.problem) for entry in found if entry and entry.problem
        ]

    @property
    def ended(self) -> list[Result]:
        """The runs that figures and tables are about."""
        whole = (entry for entry in self.entries.values() if entry.problem is None)
        return [entry.result for entry in whole if counts(entry.record)]

    def state(self) -> str:
        """Return something that changes when any run does."""
        found = sorted((path, _stamp(Path(path))) for path in _folders(self.out))
        return f"{hash(tuple(found)) & (2**64 - 1):016x}"


def _folders(out: Path) -> Iterable[str]:
    with os.scandir(out) as there:
        return [entry.path for entry in there if entry.is_dir()]


def _stamp(path: Path) -> Stamp:
    found = []
    for name in (RECORD, STEPS, TRACES):
        try:
            stat = (path / name).stat()
        except OSError:
            continue
        found.append((stat.st_mtime_ns, stat.st_size))
    return tuple(found)


def _entry(folder: RunFolder, known: Entry | None) -> Entry | None:
    stamp = _stamp(folder.path)
    if known and known.stamp == stamp:
        return known
    record = folder.record()
    if record is None:  # it has gone since it was found
        return None
    try:
        return Entry(folder, result(record, folder), None, stamp)
    except UserError as error:
        return Entry(folder, Result(record, ()), str(error), stamp)
