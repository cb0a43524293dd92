"""What lies beside the run folders while a sweep is under way: who plans what, and what was taken.

`.sweeps/NAME/` holds a file for each scheduler that is at it, for `trace-bench status`, and what
all of its runs have taken, if that is limited. Nothing in it is needed to go on.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from .plan import Run
from .store import write_whole
from .sweep_limits import Till

FOLDER = ".sweeps"
TILL = "taken.sqlite"


@dataclass(frozen=True, slots=True)
class Planned:
    """A run that a scheduler is going to make, as far as others must know it."""

    id: str
    task: str
    optimizer: str
    iterations: int

    @classmethod
    def of(cls, run: Run) -> Planned:
        """What others must know of a run."""
        return cls(run.id, run.task.name, run.optimizer.name, run.iterations)


def name_of(runs: Sequence[Run]) -> str:
    """Return a name that schedulers of the same runs have in common."""
    ids = "\n".join(sorted(run.id for run in runs))
    return hashlib.sha256(ids.encode()).hexdigest()[:12]


def till_of(out: Path, name: str) -> Till:
    """Return the file that holds what the runs of a sweep have taken."""
    return Till(out / FOLDER / name / TILL)


@contextmanager
def announced(out: Path, name: str, runs: Sequence[Run]) -> Iterator[None]:
    """Let `trace-bench status` know what is planned as long as the context is open."""
    folder = out / FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{platform.node()}-{os.getpid()}.json"
    write_whole(path, json.dumps([asdict(Planned.of(run)) for run in runs]), durable=False)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        _tidy(out, folder)


def planned(out: Path) -> dict[str, Planned]:
    """Return the runs of every scheduler that is at it, by id."""
    found: dict[str, Planned] = {}
    for path in sorted((out / FOLDER).glob("*/*.json")):
        if _is_left_behind(path):
            path.unlink(missing_ok=True)
            continue
        with contextlib.suppress(OSError, ValueError, TypeError):  # it has just ended
            for entry in json.loads(path.read_text(encoding="utf-8")):
                found[entry["id"]] = Planned(**entry)
    return found


def _is_left_behind(path: Path) -> bool:
    """Whether the scheduler was killed: its process is one of this machine, and gone."""
    host, _, pid = path.stem.rpartition("-")
    if host != platform.node() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except OSError as error:  # another user's may not be asked
        return isinstance(error, ProcessLookupError)
    return False


def forget(out: Path, name: str) -> None:
    """Remove everything of a sweep that is finished, what killed schedulers left behind, too."""
    shutil.rmtree(out / FOLDER / name, ignore_errors=True)
    with contextlib.suppress(OSError):
        (out / FOLDER).rmdir()


def _tidy(out: Path, folder: Path) -> None:
    """Remove what is empty."""
    for each in (folder, out / FOLDER):
        with contextlib.suppress(OSError):
            each.rmdir()
