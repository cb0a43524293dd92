"""`trace-bench reproduce`: run what an experiment lacks, then draw it beside the paper's numbers.

Nothing is paid for by accident: unless an LLM is named, runs that need one are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trace_core import UserError

from . import experiments, figures, published, registry, tables
from .curves import Curve, load_curves
from .experiments import Experiment, Figure, Size, merged
from .outcomes import SCORE
from .plan import Run, plan
from .progress import telling
from .record import RunRecord
from .sweep import states, sweep

if TYPE_CHECKING:
    from rich.console import Console

ALL = "all"


@dataclass(slots=True)
class Reproduced:
    """What became of one experiment.

    Attributes:
        ran: runs that were made now.
        before: runs that had been finished already.
        mock: how many of both a mock LLM answered.
        failed: runs whose task or optimizer raised; they count as the worst in the figures.
        left_out: for each kind of run that could not be made, the reason of every one.
        files: the figures and tables.
    """

    name: str
    ran: int = 0
    before: int = 0
    mock: int = 0
    failed: int = 0
    left_out: dict[str, list[str]] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)

    def leave_out(self, what: str, error: UserError) -> None:
        """Note that a run, or a sweep that can't be composed here, is left out."""
        self.left_out.setdefault(what, []).append(str(error))

    def count(self, record: RunRecord, *, finished_before: bool) -> None:
        """Note how a run ended."""
        self.before += finished_before
        self.ran += not finished_before
        self.mock += record.mock
        self.failed += record.status == "failed"

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {**asdict(self), "files": [str(path) for path in self.files]}


def names(words: Sequence[str]) -> list[str]:
    """Return the experiments that are meant; "all" is every one that makes a figure of the paper.

    Raises:
        UserError: there is no such experiment.
    """
    if ALL not in words:
        return [name for name in words if experiments.load(name)]
    return [name for name in registry.names(experiments.KEY) if experiments.load(name).figures]


def reproduce(
    name: str,
    size: Size,
    llm: str | None,
    others: Sequence[str],
    out: Path,
    pictures: Path,
    console: Console,
) -> Reproduced:
    """Run what is missing of an experiment, then write its figures and tables.

    Args:
        name: the experiment.
        size: which of its sizes.
        llm: who answers; None leaves out what needs an LLM, unless it is finished already.
        others: further overrides.
        out: folder of the run folders.
        pictures: folder of the figures and tables.
        console: where progress is told.

    Raises:
        UserError: the experiment has no such size, or a folder cannot be written.
    """
    done = Reproduced(name)
    others = [*others, f"llm={llm}"] if llm else others
    runs = list(_planned(experiments.of_size(name, size), others, done))
    _make(runs, out, console, done, asks=llm is not None)
    if done.ran or done.before:
        ids = {run.id for run in runs}
        done.files = list(_drawn(experiments.load(name), ids, out, pictures))
    return done


def _planned(
    sweeps: Sequence[Sequence[str]], others: Sequence[str], done: Reproduced
) -> Iterator[Run]:
    """Yield the runs of all sweeps, each once; a sweep that can't be composed here is left out."""
    seen: set[str] = set()
    for overrides in sweeps:
        try:
            runs = plan(merged(overrides, others), multirun=True)
        except UserError as error:
            done.leave_out(" ".join(overrides), error)
            continue
        yield from (run for run in runs if run.id not in seen)
        seen |= {run.id for run in runs}


def _make(
    runs: Sequence[Run], out: Path, console: Console, done: Reproduced, *, asks: bool
) -> None:
    """Make the runs that are not finished, and note which can't be made."""
    before = {r.id for r in states(runs, out) if r and r.status == "finished"}
    wanted = [run for run in runs if asks or run.llm is None or run.id in before]
    refusal = UserError("it asks an LLM, and none was named: --llm NAME names one.")

    def leave_out(run: Run, error: UserError) -> None:
        done.leave_out(f"{run.task.name} {run.optimizer.name}", error)

    for run in runs:
        if not (asks or run.llm is None or run.id in before):
            leave_out(run, refusal)
    with telling(wanted, console) as progress:
        for record in sweep(wanted, out, progress, on_refusal=leave_out):
            done.count(record, finished_before=record.id in before)


def _drawn(experiment: Experiment, ids: set[str], out: Path, pictures: Path) -> Iterator[Path]:
    for figure in experiment.figures:
        curves = load_curves(out, figure.metric, ids).get(figure.task)
        if curves:
            yield from _one(figure, curves, pictures)


def _one(figure: Figure, curves: Sequence[Curve], pictures: Path) -> Iterator[Path]:
    """Draw a figure and write its table, both from the same curves."""
    paper = published.curves(figure.paper, figure.methods)
    yield from figures.draw(
        figure.task,
        curves,
        figure.statistics,
        pictures,
        figure.metric,
        published=paper,
        stem=figure.paper,
    )
    unit = curves[0].group.metric if figure.metric == SCORE else figure.metric
    yield from tables.write(tables.lines(curves, paper), pictures, figure.paper, unit)
