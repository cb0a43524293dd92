"""Pictures and films of one run that its task knows how to make."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from trace_core._errors import UserError
from trace_core.optimizers import FixedPolicy
from trace_core.opto import Task, Visit

from . import figures, registry
from .record import RunRecord
from .rows import Row
from .show import find, pick, require_record

NOT_SETTINGS = frozenset({"name", "kind", "version"})
INCHES = (7.0, 5.0)
FRAME_MS = 80


def draw_pictures(run: str, runs: Path, out: Path) -> list[Path]:
    """Draw every picture that the task of a run offers; return the PNG, SVG and PDF files.

    Args:
        run: a run's folder, or part of its name.
        runs: the folder of the run folders.
        out: the folder of the figures.

    Raises:
        UserError: there is no such run, or its task draws nothing.
    """
    folder = find(run, runs)
    record = require_record(folder)
    visits = [_visit(row, record) for row in folder.rows()]
    paths = _drawn(record, visits, out, record.id)
    if not paths:
        raise UserError(f"task={record.task} has no pictures of its own; leave --run out.")
    return paths


def render(
    run: str, step: int | None, runs: Path, out: Path, tell: Callable[[str], None]
) -> list[Path]:
    """Draw one iteration of a run and film it; return the files.

    Args:
        run: a run's folder, or part of its name.
        step: the iteration; None is the last one.
        runs: the folder of the run folders.
        out: the folder of the figures.
        tell: is told why there is no film, where there could be one.

    Raises:
        UserError: there is no such run or iteration, or its task shows nothing.
    """
    folder = find(run, runs)
    record, rows = require_record(folder), folder.rows()
    visit = _visit(pick(rows, len(rows) - 1 if step is None else step, folder), record)
    stem = f"{record.id}-step{visit.iteration}"
    paths = _drawn(record, [visit], out, stem)
    try:
        frames = _task(record).film(record.seed, visit)
    except UserError as error:
        tell(str(error))
        return paths
    if frames:
        paths.append(_written(frames, out / f"{stem}.gif"))
    elif not paths:
        raise UserError(f"task={record.task} has neither pictures nor films.")
    return paths


def _drawn(record: RunRecord, visits: Sequence[Visit], out: Path, stem: str) -> list[Path]:
    from matplotlib.figure import Figure

    paths: list[Path] = []
    with figures.style():
        for name, draw in _task(record).pictures(record.seed, visits).items():
            figure = Figure(figsize=INCHES, layout="constrained")
            draw(figure)
            figure.suptitle(_title(record), fontsize=12)
            paths += figures.saved(figure, out, f"{stem}-{name}")
    return paths


def _written(frames: Sequence[Any], path: Path) -> Path:
    """A GIF that goes on for ever, made with Pillow, which matplotlib brings."""
    from PIL import Image

    first, *others = [Image.fromarray(frame) for frame in frames]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        first.save(path, save_all=True, append_images=others, duration=FRAME_MS, loop=0)
    except OSError as error:
        raise UserError(f"Cannot write {path}: {error.strerror}.") from error
    return path


def _task(record: RunRecord) -> Task:
    config = record.config["task"]
    cls = registry.load("task", config["kind"])
    task: Task = cls(**{k: v for k, v in config.items() if k not in NOT_SETTINGS})
    return task


def _visit(row: Row, record: RunRecord) -> Visit:
    """A row of a run; a fixed policy's has no parameters, for those had no effect."""
    optimizer = registry.load("optimizer", record.config["optimizer"]["kind"])
    if issubclass(optimizer, FixedPolicy):
        return Visit(row.iteration, {}, row.score, optimizer.policy_name)
    return Visit(row.iteration, row.parameters, row.score)


def _title(record: RunRecord) -> str:
    llm = "" if not record.llm else f" ({'mock LLM, not a model' if record.mock else record.llm})"
    return f"{record.task}, {record.optimizer}{llm}, seed {record.seed}"
