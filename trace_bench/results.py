"""The runs in a folder with their numbers, and what could not be read."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from trace_core import UserError

from .record import RunRecord
from .rows import Row
from .store import RECORD, RunFolder, folders

NO_RECORD = "there is no run.json: it was begun by a process that was killed at once, or is no run."


@dataclass(frozen=True, slots=True)
class Result:
    """A run as far as curves and tables need it.

    Attributes:
        rows: without prompts, replies, parameters and texts.
    """

    record: RunRecord
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A folder that could not be read, and why."""

    folder: Path
    reason: str


def results(out: Path, only: Collection[str] | None = None) -> list[Result]:
    """Read every run below `out`.

    Args:
        out: a folder of run folders.
        only: the ids of the runs to look at; None for all.

    Raises:
        UserError: there is no such folder, or a file is damaged.
    """
    found = [(f.record(), f) for f in folders(out) if only is None or f.path.name in only]
    return [result(record, folder) for record, folder in found if record]


def result(record: RunRecord, folder: RunFolder) -> Result:
    """Read the numbers of one run."""
    return Result(record, tuple(map(numbers, folder.rows())))


def numbers(row: Row) -> Row:
    """Return a row without its texts: a thousand runs must fit into memory."""
    use = row.llm.model_copy(update={"exchanges": []}) if row.llm.exchanges else row.llm
    return row.model_copy(update={"parameters": {}, "update": {}, "feedback": "", "llm": use})


def half_written(out: Path) -> list[LeftOut]:
    """Return the folders below `out` that have no record, which no command looks at."""
    there = sorted(out.iterdir()) if out.is_dir() else []
    return [
        LeftOut(path, NO_RECORD)
        for path in there
        if path.is_dir() and not path.name.startswith(".") and not (path / RECORD).exists()
    ]


def readable(out: Path) -> tuple[list[RunFolder], list[LeftOut]]:
    """Return the folders whose records can be read, and all others with the reason."""
    found, left_out = [], half_written(out)
    for folder in folders(out):
        try:
            if folder.record():
                found.append(folder)
        except UserError as error:
            left_out.append(LeftOut(folder.path, str(error)))
    return found, left_out
