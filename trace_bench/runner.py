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

from . import provenance, registry, sandboxes, traces
from .plan import Run
from .record import SCHEMA, Ledger, Metrics, RunRecord
from .rows import LLMUse, Row
from .silent import Silent
from .store import EXCHANGES, RunFolder

OnRow = Callable[[Row], None]
DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
CLIP = 100
"""Characters of a value in an error message."""


def execute(run: Run, folder: RunFolder, on_row: OnRow) -> RunRecord:
    """Run, or finish what an earlier process began; the folder then says how it went.

    Returns:
        The record, with status "finished", "failed" if the task or the optimizer raised, or
        "interrupted" if a limit on the LLM was reached.

    Raises:
        UserError: the user must do something first. The run can be resumed.
        KeyboardInterrupt: likewise.
    """
    with folder.locked():
        known = folder.record()
        require_same(run, folder, known)
        if known and known.status == "finished":
            return known
        record = _begun(run, known)
        folder.write(record)
        try:
            with _disk_is_the_users(folder):
                record = _finished(record, folder, *_drive(run, folder, on_row))
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
        recorded = folder.rows()
        for row, step in _rows(run, folder, problem, only_recorded=True):
            _require_equal(recorded[row.iteration], row, folder)
            yield step
            if row.iteration + 1 == len(recorded):
                return


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
    solved_at: int | None = None
    step: Step | None = None
    length = 0
    with folder.appending() as steps, traces.writing(folder.path) as pictures:
        for row, step in _telling_the_step(run, _rows(run, folder, problem)):
            pictures.add(row.iteration, traces.trace_of(step, problem))
            if row.iteration >= len(recorded):
                steps.add(row)
            else:
                _require_equal(recorded[row.iteration], row, folder)
            on_row(row)
            if solved_at is None and problem.is_solution(step.outcome):
                solved_at = row.iteration
            length = row.iteration + 1
    rows = folder.rows()
    if len(rows) != length:
        raise UserError(
            f"{folder.path} cannot be resumed: it has {len(rows)} steps and the run ends after "
            f"{length} now. {_WHY}"
        )
    return _reason(run, step), _metrics(task, problem, rows, solved_at)


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
    run: Run, folder: RunFolder, problem: Problem, *, only_recorded: bool = False
) -> Iterator[tuple[Row, Step]]:
    """Yield each iteration's row, and the step as it is judged."""
    if run.llm is None:
        yield from _fit(run, problem, None)
        return
    llm: LLM = run.llm.build()
    llm = Silent(llm) if only_recorded else llm
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
    "Either something in it is not deterministic or the code has changed since it was begun. "
    "Delete the folder to run anew."
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
        replayed=run.is_replayed,
        mock=bool(llm and llm.is_mock),
        sandbox=sandboxes.described(run),
        seed=run.seed,
        metric=run.task.cls.metric,
        lower_is_better=run.task.cls.lower_is_better,
        judged_by=run.task.cls.judged_by,
        worst=run.task.cls.worst_score,
        config=dict(run.config),
        versions=provenance.versions() | _plugins(run),
        git=provenance.git(),
        started=known.started if known else _now(),
    )


def _finished(
    record: RunRecord, folder: RunFolder, stop_reason: str, metrics: Metrics
) -> RunRecord:
    folder.forget_traceback()
    ended = {"status": "finished", "stop_reason": stop_reason, "metrics": metrics}
    return _ended(record, folder, ended)


def _failed(record: RunRecord, folder: RunFolder, error: Exception) -> RunRecord:
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return _ended(record, folder, {"status": "failed", "error": text})


def _plugins(run: Run) -> dict[str, str]:
    parts = {"task": run.task, "optimizer": run.optimizer}
    found = [registry.distribution(group, part.config["kind"]) for group, part in parts.items()]
    return {name: version for versions in found for name, version in versions.items()}


def _ended(record: RunRecord, folder: RunFolder, changes: dict[str, Any]) -> RunRecord:
    ledger = Ledger.of(folder.rows())
    return record.model_copy(update={**changes, "ledger": ledger, "finished": _now()})


def _interrupted(record: RunRecord, folder: RunFolder, stop: BaseException) -> RunRecord:
    """The record with what was asked so far, also in an iteration that did not end."""
    reason = str(stop) if isinstance(stop, UserError) else "Ctrl-C"
    changes: dict[str, Any] = {"status": "interrupted", "stop_reason": reason}
    with suppress(UserError):  # a damaged file may be what stopped the run
        changes["ledger"] = Ledger.of(folder.rows()).asking(folder.exchanges())
    return record.model_copy(update=changes)


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
