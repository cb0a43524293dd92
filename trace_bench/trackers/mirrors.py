"""Keeps trackers up with run folders, whoever writes these: this process, others, a cluster."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from trace_bench.record import RunRecord
from trace_bench.store import RunFolder, folders
from trace_core import UserError

from .hook import Tracker, load

EVERY_S = 2.0


@dataclass(slots=True)
class _State:
    """How far a tracker has been told of a run."""

    steps: int
    status: str


class Mirror:
    """One tracker and the runs that it has been told of."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._states: dict[str, _State] = {}

    def update(self, folder: RunFolder, record: RunRecord) -> None:
        """Tell what is new of a run."""
        state = self._states.get(record.id)
        if state and state.status != "running":
            return
        if state is None:
            state = self._states[record.id] = _State(self._tracker.begin(record), "running")
        for row in folder.rows()[state.steps :]:
            self._tracker.step(record, row)
            state.steps += 1
        if record.status == "finished":  # others may go on
            self._end(record)

    def close(self, records: Collection[RunRecord]) -> None:
        """Close the runs that are still open."""
        for record in records:
            state = self._states.get(record.id)
            if state and state.status == "running":
                self._end(record)

    def _end(self, record: RunRecord) -> None:
        self._tracker.end(record)
        self._states[record.id].status = "ended"


def mirror(runs: Path, names: Sequence[str], out: Path) -> int:
    """Tell trackers of every run below a folder; return how many there are.

    Args:
        runs: a folder of run folders.
        names: the trackers.
        out: a folder for what they keep on this machine.

    Raises:
        UserError: there is no such tracker or folder, a file is damaged, or a tracker refuses.
    """
    mirrors = {name: Mirror(load(name, out)) for name in names}
    found = _found(runs)
    for name, each in mirrors.items():
        try:
            _update(each, found)
            each.close([record for _, record in found])
        except UserError:
            raise
        except Exception as error:  # whatever a tracker's package raises: no key, no server
            raise UserError(f"The tracker {name} refuses: {_line(error)}") from error
    return len(found)


@contextmanager
def mirroring(
    runs: Path, names: Sequence[str], out: Path, tell: Callable[[str], None]
) -> Iterator[None]:
    """Keep trackers up with the runs that are made while the block lasts.

    What goes wrong in a tracker is told, and ends the mirroring, not the runs.

    Raises:
        UserError: there is no such tracker.
    """
    mirrors = {name: Mirror(load(name, out)) for name in names}
    if not mirrors:
        yield
        return
    before = {record.id for _, record in _found(runs, there=False) if record.status == "finished"}
    over = threading.Event()
    arguments = (mirrors, runs, before, over, tell)
    thread = threading.Thread(target=_follow, args=arguments, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _follow(
    mirrors: dict[str, Mirror],
    runs: Path,
    before: Collection[str],
    over: threading.Event,
    tell: Callable[[str], None],
) -> None:
    is_last = False
    while not is_last and mirrors:
        is_last = over.wait(EVERY_S)
        for name, each in list(mirrors.items()):
            try:
                found = [(f, r) for f, r in _found(runs, there=False) if r.id not in before]
                _update(each, found)
                if is_last:
                    each.close([record for _, record in found])
            except Exception as error:  # a tracker's failure must not end a sweep
                tell(f"The tracker {name} stopped: {_line(error)}. `trace-bench track` goes on.")
                del mirrors[name]


def _update(each: Mirror, found: Sequence[tuple[RunFolder, RunRecord]]) -> None:
    for folder, record in found:
        each.update(folder, record)


def _found(runs: Path, *, there: bool = True) -> list[tuple[RunFolder, RunRecord]]:
    """The runs in a folder, which a sweep that begins may not have made yet."""
    if not there and not runs.is_dir():
        return []
    return [(folder, record) for folder in folders(runs) for record in [folder.record()] if record]


def _line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]
