"""A run's folder: written so that a kill at any moment loses at most the row under way."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trace_core import UserError
from trace_core.llm import Exchange, RecordFile

from .claims import Claim, ClaimLost, Holder, claim
from .record import RunRecord, parse_record
from .rows import Row, read_rows, whole_lines

RECORD = "run.json"
STEPS = "steps.jsonl"
EXCHANGES = "llm.jsonl"
TRACES = "traces.jsonl"
TRACEBACK = "traceback.txt"
JOB = "job.json"
TEMPORARY = "{}.tmp"


class RunFolder:
    """`run.json`, `steps.jsonl` and what lies beside them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._claim: Claim | None = None

    def record(self) -> RunRecord | None:
        """Return what `run.json` says, None if there is none."""
        path = self.path / RECORD
        try:
            return parse_record(path.read_text(encoding="utf-8"), path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise UserError(f"Cannot read {path}: {error.strerror}.") from error

    def rows(self) -> list[Row]:
        """Return the rows of `steps.jsonl`."""
        return read_rows(self.path / STEPS)

    def exchanges(self) -> list[Exchange]:
        """Return what the LLM was asked and answered, `llm.jsonl`."""
        return list(RecordFile(self.path / EXCHANGES).read())

    def write(self, record: RunRecord) -> None:
        """Replace `run.json` in one stroke: a reader sees the old one or the new one."""
        self.require_claim()
        write_whole(self.path / RECORD, record.text())

    def write_traceback(self, text: str) -> None:
        """Keep the traceback of a failed run."""
        self.require_claim()
        write_whole(self.path / TRACEBACK, text)

    def forget_traceback(self) -> None:
        """Remove what an earlier, failed attempt left."""
        (self.path / TRACEBACK).unlink(missing_ok=True)

    def make(self) -> None:
        """Create the folder if need be."""
        with _says("write", self.path):
            self.path.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def claimed(self, beat_s: float | None = None, silent: Holder | None = None) -> Iterator[None]:
        """Create the folder if need be, and keep other processes from driving this run.

        A folder that holds no results in the end is removed again.

        Args:
            beat_s: time between two signs of life; None is the usual.
            silent: an owner that was found dead, to take over from.

        Raises:
            Busy: another process drives the run.
            UserError: the folder cannot be written.
        """
        self._claim = self._make_claim(beat_s, silent)
        is_new = not (self.path / RECORD).exists()
        try:
            if silent:
                self._leave_old_files_behind()
            yield
        finally:
            if is_new and self._is_empty() and self._claim.holds():
                self._remove()
            self._claim.release()
            self._claim = None

    def require_claim(self) -> None:
        """Raise `ClaimLost` if the run was claimed here and has been taken over by others."""
        if self._claim and not self._claim.holds():
            raise ClaimLost(f"{self.path} was taken over by another process.")

    def _make_claim(self, beat_s: float | None, silent: Holder | None) -> Claim:
        while True:
            self.make()
            with _says("write", self.path), contextlib.suppress(FileNotFoundError):
                return claim(self.path, beat_s, silent)
            # Its former owner has removed the folder between our two calls.

    def _leave_old_files_behind(self) -> None:
        """Give a zombie's open files to nobody: what it appends after our look is lost."""
        (self.path / TRACES).unlink(missing_ok=True)  # it is written anew anyhow
        for path in (self.path / STEPS, self.path / EXCHANGES):
            if path.exists():
                with _says("write", path):
                    temporary = path.with_name(TEMPORARY.format(path.name))
                    shutil.copyfile(path, temporary)
                    temporary.replace(path)

    def _is_empty(self) -> bool:
        """True if only a claim and a record of nothing are here: no row and no paid answer."""
        if (self.path / TRACEBACK).exists():
            return False
        return not any(whole_lines(self.path / name) for name in (STEPS, EXCHANGES))

    def _remove(self) -> None:
        """Remove our own files, and the folder unless somebody put something else into it."""
        for name in (STEPS, EXCHANGES, TRACES, JOB, RECORD, TEMPORARY.format(RECORD)):
            (self.path / name).unlink(missing_ok=True)
        assert self._claim
        self._claim.erase()
        with contextlib.suppress(OSError):
            self.path.rmdir()

    @contextmanager
    def appending(self) -> Iterator[StepWriter]:
        """Open `steps.jsonl` to add rows, without the torn line that a kill may have left."""
        path = self.path / STEPS
        with _says("write", path):
            file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            os.truncate(file, sum(len(line) + 1 for line in whole_lines(path)))
        try:
            yield StepWriter(file, path, self)
        finally:
            with contextlib.suppress(OSError):  # a full disk has been reported by `add`
                os.fsync(file)
            os.close(file)


class StepWriter:
    """Appends rows; each is in the hands of the kernel when `add` returns."""

    def __init__(self, file: int, path: Path, folder: RunFolder) -> None:
        self._file, self._path, self._folder = file, path, folder

    def add(self, row: Row) -> None:
        """Append a row.

        Raises:
            ClaimLost: somebody else drives the run by now.
            UserError: the disk is full.
        """
        self._folder.require_claim()
        data = row.line().encode()
        with _says("write", self._path):
            # Not through a buffer: a failed write must not be tried again when the file is closed.
            while data:
                data = data[os.write(self._file, data) :]


def write_whole(path: Path, text: str, *, durable: bool = True) -> None:
    """Write a file so that it has the old content or the new one at every moment.

    Args:
        path: the file.
        text: its new content.
        durable: whether that must hold if the machine loses its power, too.
    """
    temporary = path.with_name(TEMPORARY.format(path.name))
    with _says("write", path):
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        temporary.replace(path)


def folders(out: Path) -> list[RunFolder]:
    """Return every run folder below `out`, by name."""
    if not out.is_dir():
        raise UserError(f"There is no folder {out}. Run something first, or give another folder.")
    return [RunFolder(p) for p in sorted(out.iterdir()) if (p / RECORD).exists()]


@contextmanager
def _says(verb: str, path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UserError(
            f"Cannot {verb} {path}: {error.strerror}. Free space or choose a folder with --out DIR."
        ) from error
