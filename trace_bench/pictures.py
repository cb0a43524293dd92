"""Pictures of one run that its task knows how to draw."""

from __future__ import annotations

from pathlib import Path

from trace_core._errors import UserError
from trace_core.optimizers import FixedPolicy
from trace_core.opto import Task, Visit

from . import figures, registry
from .record import RunRecord
from .show import find, require_record
from .store import RunFolder

NOT_SETTINGS = frozenset({"name", "kind", "version"})
INCHES = (7.0, 5.0)


def draw_pictures(run: str, runs: Path, out: Path) -> list[Path]:
    """Draw every picture that the task of a run offers; return the PNG and SVG files.

    Args:
        run: a run's folder, or part of its name.
        runs: the folder of the run folders.
        out: the folder of the figures.

    Raises:
        UserError: there is no such run, or its task draws nothing.
    """
    from matplotlib.figure import Figure

    folder = find(run, runs)
    record = require_record(folder)
    pictures = _task(record).pictures(record.seed, _visits(record, folder))
    if not pictures:
        raise UserError(f"task={record.task} has no pictures of its own; leave --run out.")
    paths: list[Path] = []
    with figures.style():
        for name, draw in pictures.items():
            figure = Figure(figsize=INCHES, layout="constrained")
            draw(figure)
            figure.suptitle(_title(record), fontsize=12)
            paths += figures.saved(figure, out, f"{record.id}-{name}")
    return paths


def _task(record: RunRecord) -> Task:
    config = record.config["task"]
    cls = registry.load("task", config["kind"])
    task: Task = cls(**{k: v for k, v in config.items() if k not in NOT_SETTINGS})
    return task


def _visits(record: RunRecord, folder: RunFolder) -> list[Visit]:
    """The rows of a run; a fixed policy's have no parameters, for those had no effect."""
    fixed = issubclass(registry.load("optimizer", record.config["optimizer"]["kind"]), FixedPolicy)
    return [Visit(r.iteration, {} if fixed else r.parameters, r.score) for r in folder.rows()]


def _title(record: RunRecord) -> str:
    llm = "" if not record.llm else f" ({'mock LLM, not a model' if record.mock else record.llm})"
    return f"{record.task}, {record.optimizer}{llm}, seed {record.seed}"
