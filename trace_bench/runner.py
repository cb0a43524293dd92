"""One run: drive the optimizer, write every step, and repeat what a killed process had done.

Resuming needs no pickles: the run starts from its beginning, recorded LLM answers come from its own
`llm.jsonl`, every repeated row must equal the recorded one, and only new rows are appended.
"""

from __future__ import annotations

import errno
import math
import traceback
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from trace_core import UserError
from trace_core.llm import LLM, LimitReached, Recorder, ReplayMiss
from trace_core.optimizers import Step
from trace_core.opto import Problem, Task

from . import provenance, recordings, registry, sandboxes, traces
from .claims import ClaimLost
from .guard import Guard
from .job import write_job
from .plan import Run
from .record import SCHEMA, Ledger, Metrics, RunRecord
from .rows import LLMUse, Row
from .silent import Silent
from .store import EXCHANGES, RunFolder
from .sweep_limits import Allowance, Taken
from .sweeps import till_of

OnRow = Callable[[Row], None]
DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG)
CLIP = 100
"""Characters of a value in an error message."""


def execute(run: Run, folder: RunFolder, on_row: OnRow = lambda row: None) -> RunRecord:
    """Run, or finish what an earlier process began; the folder then says how it went.

    Returns:
        The record, with status "finished", "failed" if the task or the optimizer raised, or
        "interrupted" if a limit on the LLM was reached.

    Raises:
        Busy: another process drives the run.
        ClaimLost: another process has taken it over.
        UserError: the user must do something first. The run can be resumed.
        KeyboardInterrupt: likewise.
    """
    if known := _finished_before(run, folder):
        return known
    with folder.claimed():
        if known := _finished_before(run, folder):  # by whoever had it until now
            return known
        known = folder.record()
        record = _begun(run, known)
        try:
            folder.write(record)
            with _disk_is_the_users(folder):
                write_job(run, folder)
                record = _finished(record, run, folder, *_drive(run, folder, on_row))
        except ClaimLost:  # the folder is another process's
            raise
        except LimitReached as stop:  # the next run has a limit of its own
            record = _interrupted(record, folder, stop)
        except (UserError, KeyboardInterrupt) as stop:
            folder.write(_interrupted(record, folder, stop))
            raise
        except Exception as error:  # the one place where a failing system becomes a result
            folder.write_traceback(traceback.format_exc())
            record = _failed(record, folder, error)
        folder.write(record)
        return record


def replay(run: Run, folder: RunFolder) -> Generator[Step]:
    """Yield the recorded steps of a run once more, with their graphs: nothing is asked or written.

    Raises:
        UserError: a step is not as it was recorded, or its LLM's answers are missing.
    """
    task: Task = run.task.build()
    with sandboxes.within(run, task):
        problem = task.problem(run.seed)
        recorded, asked = folder.rows(), folder.exchanges()
        for row, step in _rows(run, folder, problem, lambda llm: Silent(llm, asked)):
            _require_equal(recorded[row.iteration], row, folder)
            yield step
            if row.iteration + 1 == len(recorded):
                return


def note_interruption(run: Run, folder: RunFolder, why: str) -> RunRecord:
    """Write into a run's record why it has ended, which it could not do itself.

    Raises:
        Busy: another process drives the run.
    """
    with folder.claimed():
        record = _begun(run, folder.record())
        changes = {"status": "interrupted", "stop_reason": why, "ledger": _taken(record, folder)}
        record = record.model_copy(update=changes)
        folder.write(record)
    return record


def _finished_before(run: Run, folder: RunFolder) -> RunRecord | None:
    known = folder.record()
    require_same(run, folder, known)
    return known if known and known.status == "finished" else None


def require_same(run: Run, folder: RunFolder, known: RunRecord | None) -> None:
    """Refuse a folder that holds another config under this name."""
    if known and known.config != run.config:
        raise UserError(
            f"{folder.path} holds a run of another config. Move it away or use --out DIR."
        )


def _drive(run: Run, folder: RunFolder, on_row: OnRow) -> tuple[str, Metrics]:
    task: Task = run.task.build()
    with sandboxes.within(run, task):
        return _driven(run, task, folder, on_row)


def _driven(run: Run, task: Task, folder: RunFolder, on_row: OnRow) -> tuple[str, Metrics]:
    problem = task.problem(run.seed)
    recorded = folder.rows()
    guard = Guard(folder, _allowance(run, folder, recorded), pays=not run.is_replayed)
    solved_at: int | None = None
    step: Step | None = None
    length = 0
    with folder.appending() as steps, traces.writing(folder.path) as pictures:
        for row, step in _telling_the_step(run, _rows(run, folder, problem, guard.watching)):
            pictures.add(row.iteration, traces.trace_of(step, problem))
            is_new = row.iteration >= len(recorded)
            if is_new:
                steps.add(row)
            else:
                _require_equal(recorded[row.iteration], row, folder)
            on_row(row)
            if solved_at is None and problem.is_solution(step.outcome):
                solved_at = row.iteration
            length = row.iteration + 1
            goes_on = not step.outcome.solved and row.iteration < run.iterations
            guard.after_an_iteration(step.seconds if is_new else 0.0, goes_on=goes_on)
    rows = folder.rows()
    if len(rows) != length:
        raise UserError(
            f"{folder.path} cannot be resumed: it has {len(rows)} steps and the run ends after "
            f"{length} now. {_WHY}"
        )
    return _reason(run, step), _metrics(task, problem, rows, solved_at)


def _allowance(run: Run, folder: RunFolder, rows: list[Row]) -> Allowance | None:
    """Return the run's part in the limits of its sweep, if there are any."""
    if not run.rules.limit:
        return None
    taken = Taken.so_far(folder, rows, replayed=run.is_replayed)
    return Allowance(till_of(folder.path.parent, run.sweep), run.id, run.rules, taken)


def _reason(run: Run, last: Step | None) -> str:
    """Why the run ended after this step."""
    if last and last.outcome.solved:
        return "solved"
    return "budget" if last and last.iteration >= run.iterations else "optimizer"


def _telling_the_step(run: Run, rows: Iterator[tuple[Row, Step]]) -> Iterator[tuple[Row, Step]]:
    """Yield the rows; a recording that lacks an answer is told with the step that wanted it."""
    wanted = 0
    try:
        for row, step in rows:
            yield row, step
            wanted = row.iteration + 1
    except ReplayMiss as miss:
        raise UserError(f"Step {wanted} of {run.id}: {miss}") from None


def _rows(
    run: Run, folder: RunFolder, problem: Problem, around: Callable[[LLM], LLM]
) -> Iterator[tuple[Row, Step]]:
    """Yield each iteration's row, and the step as it is judged; `around` is what its LLM gets."""
    if run.llm is None:
        yield from _fit(run, problem, None)
        return
    llm = around(run.llm.build())
    with closing(run.asking.recorder(llm, folder.path / EXCHANGES, run.seed)) as recorder:
        yield from _fit(run, problem, recorder)


def _fit(run: Run, problem: Problem, llm: Recorder | None) -> Iterator[tuple[Row, Step]]:
    problem.budget = run.iterations
    if run.task.cls.uses_llm:
        problem.llm = llm
    optimizer = run.optimizer.cls.for_problem(
        problem,
        seed=run.seed,
        llm=llm if run.optimizer.cls.uses_llm else None,
        **run.optimizer.arguments,
    )
    for step in optimizer.fit(problem, run.iterations):
        use = LLMUse.of(llm.take()) if llm else LLMUse()
        judged = _judged(step, run)
        yield Row.of(judged, use, problem.take_examples()), judged


def _judged(step: Step, run: Run) -> Step:
    """The step with the held-out metric that is the score, where the task says so."""
    metric = run.task.cls.judged_by
    if metric is None:
        return step
    return replace(step, outcome=replace(step.outcome, score=step.metrics.get(metric)))


def _require_equal(old: Row, new: Row, folder: RunFolder) -> None:
    if field := old.differs(new):
        was, now = _clip(getattr(old, field)), _clip(getattr(new, field))
        raise UserError(
            f"{folder.path} cannot be resumed: iteration {old.iteration} gave {field}={was} then "
            f"and {now} now. {_WHY}"
        )


_WHY = (
    "Either something in it is not deterministic, or the code or the build of llm.server has "
    "changed since it was begun. Delete the folder to run anew."
)


def _metrics(task: Task, problem: Problem, rows: list[Row], solved_at: int | None) -> Metrics:
    scores = [row.score for row in rows if row.score is not None and not math.isnan(row.score)]
    final = rows[-1].score if rows else None
    return Metrics(
        final=final,
        best=(min if task.lower_is_better else max)(scores, default=None),
        calibrated=None if final is None else float(task.calibrate(problem, final)),
        held_out=rows[-1].metrics if rows else {},
        solved_at=solved_at,
    )


def _begun(run: Run, known: RunRecord | None) -> RunRecord:
    llm = run.llm.build() if run.llm else None
    return RunRecord(
        schema=SCHEMA,
        id=run.id,
        status="running",
        task=run.task.name,
        optimizer=run.optimizer.name,
        llm=llm and llm.name,
        llm_settings=llm.settings() if llm else {},
        server=llm and llm.server,
        replayed=run.is_replayed,
        mock=bool(llm and llm.is_mock),
        sandbox=sandboxes.described(run),
        seed=run.seed,
        metric=run.task.cls.metric,
        lower_is_better=run.task.cls.lower_is_better,
        judged_by=run.task.cls.judged_by,
        lower_metrics=sorted(run.task.cls.lower_metrics),
        worst=run.task.build().worst_score,
        config=dict(run.config),
        versions=provenance.versions() | _plugins(run),
        git=provenance.git(),
        machine=provenance.machine(),
        started=known.started if known else _now(),
    )


def _finished(
    record: RunRecord, run: Run, folder: RunFolder, stop_reason: str, metrics: Metrics
) -> RunRecord:
    folder.forget_traceback()
    ended: dict[str, Any] = {"status": "finished", "stop_reason": stop_reason, "metrics": metrics}
    return _ended(record, folder, ended | {"unlike_recording": _unlike(run, folder)})


def _unlike(run: Run, folder: RunFolder) -> str | None:
    if run.llm is None or not run.is_replayed:
        return None
    recording = run.llm.arguments
    scores = [row.score for row in folder.rows()]
    return recordings.unlike(recording["path"], recording["run"], scores)


def _failed(record: RunRecord, folder: RunFolder, error: Exception) -> RunRecord:
    text = " ".join(f"{type(error).__name__}: {error}".split())
    changes = {"status": "failed", "error": text, "ledger": _taken(record, folder)}
    return _ended(record, folder, changes)


def _plugins(run: Run) -> dict[str, str]:
    parts = {"task": run.task, "optimizer": run.optimizer}
    found = [registry.distribution(group, part.config["kind"]) for group, part in parts.items()]
    return {name: version for versions in found for name, version in versions.items()}


def _ended(record: RunRecord, folder: RunFolder, changes: dict[str, Any]) -> RunRecord:
    changes = {"ledger": Ledger.of(folder.rows()), **changes, "finished": _now()}
    return record.model_copy(update=changes)


def _taken(record: RunRecord, folder: RunFolder) -> Ledger:
    """What was taken so far, with what was asked in an iteration that did not end."""
    whole = Ledger.of(folder.rows())
    with suppress(UserError):  # a damaged file may be what stopped the run
        return whole if record.replayed else whole.asking(folder.exchanges())
    return whole


def _interrupted(record: RunRecord, folder: RunFolder, stop: BaseException) -> RunRecord:
    """The record with what was asked so far, also in an iteration that did not end."""
    reason = str(stop) if isinstance(stop, UserError) else "Ctrl-C"
    changes: dict[str, Any] = {"status": "interrupted", "stop_reason": reason}
    return record.model_copy(update={**changes, "ledger": _taken(record, folder)})


@contextmanager
def _disk_is_the_users(folder: RunFolder) -> Iterator[None]:
    """A disk that is full or read-only is the user's to mend, whoever met it."""
    try:
        yield
    except OSError as error:
        if error.errno not in DISK:
            raise
        raise UserError(f"Cannot write {folder.path}: {error.strerror}. Free space.") from error


def _clip(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= CLIP else f"{text[:CLIP]}..."


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
