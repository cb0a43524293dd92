"""A run's folder: written so that a kill at any moment loses at most the row under way."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trace_core import UserError
from trace_core.llm import Exchange, RecordFile

from .record import RunRecord, parse_record
from .rows import Row, read_rows, whole_lines

RECORD = "run.json"
STEPS = "steps.jsonl"
EXCHANGES = "llm.jsonl"
TRACES = "traces.jsonl"
TRACEBACK = "traceback.txt"
LOCK = ".lock"
TEMPORARY = "{}.tmp"


class RunFolder:
    """`run.json`, `steps.jsonl` and what lies beside them."""

    def __init__(self, path: Path) -> None:
        self.path = path

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
        write_whole(self.path / RECORD, record.text())

    def write_traceback(self, text: str) -> None:
        """Keep the traceback of a failed run."""
        write_whole(self.path / TRACEBACK, text)

    def forget_traceback(self) -> None:
        """Remove what an earlier, failed attempt left."""
        (self.path / TRACEBACK).unlink(missing_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Create the folder if need be, and keep other processes from driving this run.

        The lock is the kernel's (`flock`), so that of a killed process is free at once. A folder
        that holds no results in the end is removed again.

        Raises:
            UserError: another process holds the lock, or the folder cannot be written.
        """
        file = self._lock()
        is_new = not (self.path / RECORD).exists()
        try:
            yield
        finally:
            if is_new and self._is_empty():
                self._remove()
            os.close(file)

    def _lock(self) -> int:
        path = self.path / LOCK
        with _says("write", self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            raise UserError(
                f"{self.path} is being run by another process. Wait for it or end it."
            ) from None
        if _is_at(file, path):
            return file
        os.close(file)  # its former owner has removed the folder between our two calls
        return self._lock()

    def _is_empty(self) -> bool:
        """True if only a lock and a record of nothing are here: no row and no paid answer."""
        if (self.path / TRACEBACK).exists():
            return False
        return not any(whole_lines(self.path / name) for name in (STEPS, EXCHANGES))

    def _remove(self) -> None:
        """Remove our own files, and the folder unless somebody put something else into it."""
        for name in (STEPS, EXCHANGES, TRACES, RECORD, TEMPORARY.format(RECORD), LOCK):
            (self.path / name).unlink(missing_ok=True)
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
            yield StepWriter(file, path)
        finally:
            with contextlib.suppress(OSError):  # a full disk has been reported by `add`
                os.fsync(file)
            os.close(file)


class StepWriter:
    """Appends rows; each is in the hands of the kernel when `add` returns."""

    def __init__(self, file: int, path: Path) -> None:
        self._file, self._path = file, path

    def add(self, row: Row) -> None:
        """Append a row."""
        data = row.line().encode()
        with _says("write", self._path):
            # Not through a buffer: a failed write must not be tried again when the file is closed.
            while data:
                data = data[os.write(self._file, data) :]


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it has the old content or the new one at every moment."""
    temporary = path.with_name(TEMPORARY.format(path.name))
    with _says("write", path):
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
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


def _is_at(file: int, path: Path) -> bool:
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    return os.fstat(file).st_ino == there.st_ino
