"""Many runs, one after the other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from trace_core import UserError

from .plan import Run
from .record import RunRecord
from .rows import Row
from .runner import execute, require_same
from .store import RunFolder


class Progress(Protocol):
    """Who is told how a sweep goes on."""

    def started(self, run: Run) -> None:
        """A run begins or is resumed."""

    def stepped(self, row: Row) -> None:
        """The run under way has made an iteration."""

    def ended(self, record: RunRecord, *, skipped: bool) -> None:
        """A run has ended, or had been finished before this sweep."""


def sweep(runs: Sequence[Run], out: Path, progress: Progress) -> list[RunRecord]:
    """Finish every run that is not finished yet; return the records of all.

    Raises:
        UserError: the user must do something first. All runs can be resumed.
        KeyboardInterrupt: likewise.
    """
    checked: set[str] = set()
    return [_one(run, RunFolder(out / run.id), progress, checked) for run in runs]


def states(runs: Sequence[Run], out: Path) -> list[RunRecord | None]:
    """Return the record of each run as it stands, None where there is none yet."""
    return [RunFolder(out / run.id).record() for run in runs]


def _one(run: Run, folder: RunFolder, progress: Progress, checked: set[str]) -> RunRecord:
    known = folder.record()
    require_same(run, folder, known)
    if known and known.status == "finished":
        progress.ended(known, skipped=True)
        return known
    _check_llm(run, checked)
    progress.started(run)
    record = execute(run, folder, progress.stepped)
    progress.ended(record, skipped=False)
    return record


def _check_llm(run: Run, checked: set[str]) -> None:
    """Meet a missing key or a dead endpoint before there is a folder, once per LLM."""
    if run.llm is None or run.asking.offline:
        return
    key = json.dumps(run.llm.config, sort_keys=True)
    if key not in checked:
        llm = run.llm.build()
        try:
            llm.check()
        finally:
            llm.close()
        checked.add(key)


def require_writable(out: Path) -> None:
    """Create the results folder, or say why that fails."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"Cannot write {out}: {error.strerror}. Choose another folder with --out DIR."
        ) from error
