"""Many runs: what is missing is driven by the sweep's executor until all is done."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from trace_core import UserError

from . import sweeps
from .claims import Busy
from .executors import Executor, Job
from .job import Ended
from .plan import Run
from .record import RunRecord
from .runner import note_interruption, require_same
from .scheduling import OVER, Line, Schedule, closing, is_driven
from .store import RunFolder
from .sweep_limits import Taken

OnRefusal = Callable[[Run, UserError], None]


class Progress(Protocol):
    """Who is told how a sweep goes on."""

    def says(self, text: str) -> None:
        """Something about the sweep as a whole."""

    def started(self, out: Path) -> None:
        """The first run is about to begin, in a folder below `out`."""

    def ended(self, record: RunRecord, *, skipped: bool) -> None:
        """A run has ended, or had been finished before this sweep."""


def sweep(
    runs: Sequence[Run],
    out: Path,
    progress: Progress,
    *,
    fail_fast: bool = False,
    on_refusal: OnRefusal | None = None,
) -> list[RunRecord]:
    """Finish every run that is not finished yet; return the records of all that were begun.

    Args:
        runs: each in a folder of its own below `out`.
        out: the results folder; other schedulers may be at work there.
        progress: who is told.
        fail_fast: begin nothing more after the first failure.
        on_refusal: who is told of a run that needs the user; by default the sweep stops there.

    Raises:
        UserError: the user must do something first. All runs can be resumed.
        KeyboardInterrupt: likewise.
    """
    name = sweeps.name_of(runs)
    runs = [replace(run, sweep=name) for run in runs]
    going = _Sweep(name, out, progress, fail_fast, on_refusal)
    going.go(runs)
    return [going.records[run.id] for run in runs if run.id in going.records]


def states(runs: Sequence[Run], out: Path) -> list[RunRecord | None]:
    """Return the record of each run as it stands, None where there is none yet."""
    return [RunFolder(out / run.id).record() for run in runs]


@dataclass(slots=True)
class _Sweep:
    """One call of `sweep`.

    Attributes:
        records: of the runs that have come to an end, by id.
        refusal: what the user must do before the sweep can go on.
        told: why runs were stopped that have no record.
    """

    name: str
    out: Path
    progress: Progress
    fail_fast: bool
    on_refusal: OnRefusal | None
    records: dict[str, RunRecord] = field(default_factory=dict)
    refusal: UserError | None = None
    told: set[str] = field(default_factory=set)

    def go(self, runs: Sequence[Run]) -> None:
        jobs = self._answered([job for run in runs if (job := self._job(run))])
        if jobs and not self.refusal:
            lines = self._lines(jobs)
            with sweeps.announced(self.out, self.name, runs), closing(lines):
                self._prime(runs)
                self.progress.started(self.out)
                self._drive(Schedule(lines, runs[0].rules))
        if len(self.records) == len(runs) and all(r.status in OVER for r in self.records.values()):
            sweeps.forget(self.out, self.name)
        if self.refusal:
            raise self.refusal

    def _job(self, run: Run) -> Job | None:
        """Return what there is to do for a run, None if it is finished."""
        folder = RunFolder(self.out / run.id)
        known = folder.record()
        try:
            require_same(run, folder, known)
        except UserError as error:
            self._refuse(run, error)
            return None
        if known and known.status == "finished":
            self._note(known, skipped=True)
            return None
        return Job(run, folder, known)

    def _answered(self, jobs: Sequence[Job]) -> list[Job]:
        """Meet a missing key or a dead endpoint before there is a folder, once per LLM."""
        errors: dict[str, UserError | None] = {}
        answered = []
        for job in jobs:
            error = _why_silent(job.run, errors)
            if error is None:
                answered.append(job)
            else:
                self._refuse(job.run, error)
        return answered

    def _lines(self, jobs: Sequence[Job]) -> list[Line]:
        """Divide the jobs by where they are driven."""
        of = {job.run.id: job for job in jobs}
        lanes = _executor(jobs[0].run).lanes([job.run for job in jobs])
        for lane, runs in lanes:
            if text := lane.explain(runs):
                self.progress.says(text)
        return [Line(lane, deque(of[run.id] for run in runs)) for lane, runs in lanes]

    def _prime(self, runs: Sequence[Run]) -> None:
        """Note what the runs had taken before, if that is limited."""
        if not runs[0].rules.limit:
            return
        folders = {run.id: RunFolder(self.out / run.id) for run in runs}
        # Who drives a run keeps its line, also of what is under way.
        taken = {name: _taken(f) for name, f in folders.items() if not is_driven(f)}
        sweeps.till_of(self.out, self.name).replace(taken)

    def _drive(self, schedule: Schedule) -> None:
        try:
            self._follow(schedule)
        except KeyboardInterrupt:
            self.progress.says(
                "Stopping: each run ends its iteration. Ctrl-C again stops them at once."
            )
            try:
                schedule.stop()
                self._follow(schedule)
            except KeyboardInterrupt:
                schedule.kill()
            raise

    def _follow(self, schedule: Schedule) -> None:
        for job, ended in schedule.go():
            if ended.how in ("refused", "outage"):
                self._refuse(job.run, UserError(ended.why))
            elif ended.how == "died":
                self._lost(job, ended.why)
            elif record := job.folder.record():
                self._note(record)
            elif ended.how in ("limit", "done") and ended.why not in {"", *self.told}:
                self.told.add(ended.why)  # the run came to nothing, and left nothing
                self.progress.says(f"{ended.why}. A larger limit goes on from here.")
            self._draw_consequences(schedule, job.run, ended)

    def _lost(self, job: Job, why: str) -> None:
        """Note a run whose process died, unless its claim is still fresh, or somebody goes on."""
        try:
            self._note(note_interruption(job.run, job.folder, why))
        except Busy as busy:
            self.progress.says(f"{job.run.id}: {why}. The same command goes on with it. {busy}")

    def _draw_consequences(self, schedule: Schedule, run: Run, ended: Ended) -> None:
        """End or thin out the sweep where going on is of no use."""
        record = self.records.get(run.id)
        if self.refusal:
            schedule.stop()
        elif self.fail_fast and record and record.status == "failed":
            schedule.begin_no_more()
        elif ended.how == "outage":
            for other in schedule.drop(lambda other: other.llm is not None):
                self._refuse(other, UserError(ended.why))
        elif ended.how == "limit":
            schedule.drop(lambda other: other.llm is not None or run.rules.seconds is not None)

    def _refuse(self, run: Run, error: UserError) -> None:
        if self.on_refusal:
            self.on_refusal(run, error)
        else:
            self.refusal = self.refusal or error

    def _note(self, record: RunRecord, *, skipped: bool = False) -> None:
        self.records[record.id] = record
        self.progress.ended(record, skipped=skipped)


def _executor(run: Run) -> Executor:
    """Return the executor, of which a sweep has one."""
    from .executors.inline import Inline

    executor: Executor = run.executor.build() if run.executor else Inline()
    return executor


def _why_silent(run: Run, errors: dict[str, UserError | None]) -> UserError | None:
    """Return why a run's LLM cannot be asked, None if it can; `errors` remembers each LLM's."""
    if run.llm is None or run.is_replayed or run.asking.offline:
        return None
    key = json.dumps(run.llm.config, sort_keys=True)
    if key not in errors:
        errors[key] = None
        try:
            llm = run.llm.build()
            try:
                llm.check()
            finally:
                llm.close()
        except UserError as error:
            errors[key] = error
    return errors[key]


def _taken(folder: RunFolder) -> Taken:
    """Return what a run had taken before this sweep."""
    record = folder.record()
    return Taken.so_far(folder, folder.rows(), replayed=bool(record and record.replayed))


def require_writable(out: Path) -> None:
    """Create the results folder, or say why that fails."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"Cannot write {out}: {error.strerror}. Choose another folder with --out DIR."
        ) from error
