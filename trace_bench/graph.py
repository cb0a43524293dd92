"""`trace-bench graph`: the trace of one step of a run, with its minimal subgraph (App. G.1).

A run keeps its traces, of large graphs the part near to the output. Where that is not enough, its
first steps are made once more: it is made of deterministic parts and recorded answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from trace_core import Drawing, UserError, draw
from trace_core._labels import label
from trace_core._node import MessageNode
from trace_core.optimizers import Step

from . import registry
from .plan import Resolver, Run
from .record import RunRecord
from .runner import replay
from .show import find, pick, require_record
from .store import RunFolder
from .traces import BOXES, read_traces

ENDINGS = ("svg", "mmd")
LENGTH = 40
"""Characters of a value in the picture."""
GROUPS = ("task", "optimizer", "llm", "sandbox")
DECLARED = frozenset({"version", "prompt_version"})
"""What a record says of a class beside its settings."""


def write_graph(run: str, step: int, runs: Path, out: Path, limit: int) -> list[Path]:
    """Draw a step of a run; return the SVG and the Mermaid file.

    Args:
        run: a run's folder, or part of its name.
        step: the iteration.
        runs: the folder of the run folders.
        out: the folder of the pictures.
        limit: how many nodes to draw at most.

    Raises:
        UserError: there is no such run or step, or it cannot be made once more.
    """
    folder = find(run, runs)
    record = require_record(folder)
    pick(folder.rows(), step, folder)
    drawing = read_traces(folder.path).get(step)
    if drawing is None or not len(drawing.boxes) < min(BOXES, limit):  # not there, or not whole
        drawing = draw(retraced(record, folder, step).outcome.output, limit=limit, length=LENGTH)
    return _written(drawing, out, f"{record.id}-step{step}")


def retraced(record: RunRecord, folder: RunFolder, iteration: int) -> Step:
    """Return a step with its graph, the parameters in it as they were evaluated."""
    run = run_of(record, folder)
    with closing(replay(run, folder)) as steps:
        step = next(step for step in steps if step.iteration == iteration)
    _put_back(step)
    return step


def run_of(record: RunRecord, folder: RunFolder) -> Run:
    """Return the run that a record describes.

    Raises:
        UserError: task, optimizer or LLM are others by now, or cannot be used here.
    """
    parts = {group: _settings(record.config.get(group) or {}) for group in GROUPS}
    known = {key: record.config[key] for key in ("seed", "iterations")}
    alone = {"executor": registry.config("executor", "inline"), "sweep": {}}
    run = Resolver().run({**parts, **known, **alone, "limits": {}, "offline": False})
    if run.config != record.config:
        raise UserError(
            f"{folder.path} was made by another version of its task, optimizer or LLM: its traces "
            "cannot be made once more."
        )
    return run


def _settings(config: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key not in DECLARED}


def _put_back(step: Step) -> None:
    """Undo the step's update: parameters are changed in place, in the graph too."""
    output = step.outcome.output
    parameters = output.parameter_dependencies if isinstance(output, MessageNode) else set()
    for parameter in parameters:
        if label(parameter) in step.parameters:
            parameter.update(step.parameters[label(parameter)])


def _written(drawing: Drawing, out: Path, stem: str) -> list[Path]:
    texts = dict(zip(ENDINGS, (drawing.svg, drawing.mermaid), strict=True))
    try:
        out.mkdir(parents=True, exist_ok=True)
        for ending, text in texts.items():
            (out / f"{stem}.{ending}").write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"Cannot write {out}: {error.strerror}. Choose another --out.") from error
    return [out / f"{stem}.{ending}" for ending in texts]
