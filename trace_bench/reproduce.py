"""`trace-bench reproduce`: run what an experiment lacks, then draw it beside the paper's numbers.

Nothing is paid for by accident: unless an LLM is named, runs that need one are replayed from
recordings, or left out where there is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trace_core import UserError

from . import experiments, programs, registry
from .compose import Composer
from .exhibits import exhibits
from .experiments import Experiment, Size, merged
from .plan import Run, plan
from .progress import telling
from .record import RunRecord
from .results import results
from .scheduling import OVER
from .sweep import states, sweep

if TYPE_CHECKING:
    from rich.console import Console

ALL = "all"
RECORDED_FIRST = ["llm=auto", "llm.order=[replay,openai]"]
"""How runs are planned if no LLM was named: those of openai are left out, unless finished."""
MAY_COST = frozenset({"openai", "auto"})
"""Kinds of LLMs that may ask for money."""


@dataclass(slots=True)
class Reproduced:
    """What became of one experiment.

    Attributes:
        ran: runs that were made now.
        before: runs that had been finished already.
        replayed: how many of both were answered from recordings.
        mock: how many of both a mock LLM answered.
        failed: runs whose task or optimizer raised; they count as the worst in the figures.
        stopped: runs that a limit ended, or that the LLM which was named could not answer.
        left_out: for each kind of run that could not be made, the reason of every one.
        files: the figures and tables.
    """

    name: str
    ran: int = 0
    before: int = 0
    replayed: int = 0
    mock: int = 0
    failed: int = 0
    stopped: int = 0
    left_out: dict[str, list[str]] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)

    def leave_out(self, what: str, error: UserError) -> None:
        """Note that a run, or a sweep that can't be composed here, is left out."""
        self.left_out.setdefault(what, []).append(str(error))

    def count(self, record: RunRecord, *, finished_before: bool) -> None:
        """Note how a run ended."""
        self.before += finished_before
        self.ran += not finished_before
        self.replayed += record.replayed
        self.mock += record.mock
        self.failed += record.status == "failed"

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {**asdict(self), "files": [str(path) for path in self.files]}


def answering(llm: str | None, settings: Sequence[str]) -> list[str]:
    """Return settings of the LLM, `llm.KEY=VALUE`, if that is what they are.

    Raises:
        UserError: a setting of something else, of no LLM, or one that this LLM does not have.
    """
    for setting in settings:
        if not setting.startswith("llm."):
            raise UserError(
                f"{setting!r} cannot be set here: an experiment is what its file says, and only "
                "who answers is chosen, with --llm NAME and llm.KEY=VALUE. "
                "`trace-bench run experiment=NAME` takes any setting."
            )
        if llm is None:
            raise UserError(f"{setting!r} is a setting of an LLM: name it with --llm NAME.")
    list(Composer().configs([f"llm={llm}", *settings] if settings else [], multirun=True))
    return list(settings)


def names(words: Sequence[str]) -> list[str]:
    """Return the experiments that are meant; "all" is each with a figure or table of the paper.

    Raises:
        UserError: there is no such experiment, or none is named.
    """
    if not words:
        raise UserError(
            f"Name an experiment, or {ALL!r}: `trace-bench list experiments` shows them."
        )
    if ALL not in words:
        return [name for name in words if experiments.load(name)]
    known = {name: experiments.load(name) for name in registry.names(experiments.KEY)}
    return [n for n, found in known.items() if found.figures or found.accuracies or found.program]


def require_limit(llm: str | None, limits: Sequence[str]) -> None:
    """Refuse an LLM that may cost money while there is no limit."""
    if llm is None or limits:
        return
    registry.check_name("llm", llm)
    if registry.config("llm", llm)["kind"] in MAY_COST:
        raise UserError(
            f"--llm {llm} may cost money: say how much in all with --usd X, or --tokens N "
            "where no price is known. `trace-bench run experiment=NAME --cost` estimates it."
        )


def reproduce(
    words: Sequence[str],
    size: Size,
    llm: str | None,
    others: Sequence[str],
    out: Path,
    pictures: Path,
    console: Console,
) -> list[Reproduced]:
    """Run what is missing of experiments, all in one sweep; then write their figures and tables.

    Args:
        words: the experiments.
        size: which of their sizes.
        llm: who answers; None replays, and leaves out what is neither recorded nor finished.
        others: further overrides, of `llm.KEY=VALUE` for instance.
        out: folder of the run folders.
        pictures: folder of the figures and tables.
        console: where progress is told.

    Raises:
        UserError: an experiment has no such size, or a folder cannot be written.
    """
    others = [*others, f"llm={llm}"] if llm else others
    done = [Reproduced(name) for name in words]
    planned = [list(_planned(experiments.of_size(d.name, size), others, d)) for d in done]
    runs = {run.id: run for each in planned for run in each}
    made = _make(list(runs.values()), out, console, llm)
    for found, each in zip(done, planned, strict=True):
        made.count(each, found)
        _draw(found, size, {run.id for run in each}, out, pictures, console)
    return done


def _planned(
    sweeps: Sequence[Sequence[str]], others: Sequence[str], done: Reproduced
) -> Iterator[Run]:
    """Yield the runs of all sweeps, each once; a sweep that can't be composed here is left out."""
    seen: set[str] = set()
    for overrides in sweeps:
        words = merged(overrides, others)
        if not any(word.startswith("llm=") for word in words):
            words = [*words, *RECORDED_FIRST]
        try:
            runs = plan(words, multirun=True)
        except UserError as error:
            done.leave_out(" ".join(overrides), error)
            continue
        yield from (run for run in runs if run.id not in seen)
        seen |= {run.id for run in runs}


@dataclass(frozen=True, slots=True)
class _Made:
    """What became of the runs of all experiments, by id.

    Attributes:
        before: those that had been finished already.
        refused: why those were left out that need the user.
        named: whether somebody named a model that is to answer.
    """

    before: Set[str]
    records: dict[str, RunRecord] = field(default_factory=dict)
    refused: dict[str, UserError] = field(default_factory=dict)
    named: bool = False

    def refuse(self, run: Run, error: UserError) -> None:
        """Note why a run is left out."""
        self.refused[run.id] = error

    def count(self, runs: Sequence[Run], done: Reproduced) -> None:
        """Note how an experiment's runs ended."""
        for run in runs:
            record = self.records.get(run.id)
            if record and record.status in OVER:
                done.count(record, finished_before=run.id in self.before)
            else:
                why = self.refused.get(run.id) or UserError(_stopped(record))
                wanted = self.named and run.llm is not None
                done.stopped += wanted or run.id not in self.refused
                done.leave_out(f"{run.task.name} {run.optimizer.name}", why)


def _stopped(record: RunRecord | None) -> str:
    why = (record and record.stop_reason) or "not begun, because a limit was reached"
    what = "A larger one" if "reached" in why else "The same command"
    return f"{why}. {what} goes on from here."


def _make(runs: Sequence[Run], out: Path, console: Console, llm: str | None) -> _Made:
    """Make the runs that are not finished, except those that ask an LLM and may not."""
    known = [record for record in states(runs, out) if record]
    before = {record.id for record in known if record.status == "finished"}
    made = _Made(before, named=llm not in (None, "mock"))
    wanted = []
    for run in runs:
        if llm or run.llm is None or run.is_replayed or run.id in made.before:
            wanted.append(run)
        else:
            made.refused[run.id] = UserError(
                "it asks an LLM, none was named, and no recording fits: --llm NAME names one."
            )
    with telling(wanted, console) as progress:
        records = sweep(wanted, out, progress, on_refusal=made.refuse)
    made.records.update((record.id, record) for record in records)
    return made


def _draw(
    done: Reproduced, size: Size, ids: set[str], out: Path, pictures: Path, console: Console
) -> None:
    """Write an experiment's figures and tables, and what its program makes."""
    experiment = experiments.load(done.name)
    if done.ran or done.before:
        done.files = list(_drawn(experiment, ids, out, pictures, done))
    if experiment.program and (done.ran or done.before or not experiment.sweeps):
        work = programs.Work(size, out, ids, pictures, lambda text: console.print(text))
        done.files += programs.load(experiment.program)(work)


def _drawn(
    experiment: Experiment, ids: set[str], out: Path, pictures: Path, done: Reproduced
) -> Iterator[Path]:
    for exhibit in exhibits(experiment, results(out, ids)):
        try:
            yield from exhibit.write(pictures)
        except UserError as error:  # nothing of it is finished
            done.leave_out(f"figure {exhibit.name}", error)
