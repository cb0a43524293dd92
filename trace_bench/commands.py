"""What the commands of the command line do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .cli import DONE, INTERRUPTED, SOME_FAILED, Kind, Size
from .options import names_in
from .terminal import WIDTH_OF_A_FILE, messages, print_json, results

if TYPE_CHECKING:
    from rich.console import Console

    from .dry_run import Job
    from .forecast import Forecast
    from .plan import Run
    from .record import RunRecord

COLUMN = 28
"""Characters of a cell of the matrix, where no terminal limits it."""
WIDE = 140
"""Characters of a table of many columns, likewise."""
GROUPS = {
    Kind.TASKS: "task",
    Kind.OPTIMIZERS: "optimizer",
    Kind.LLMS: "llm",
    Kind.SANDBOXES: "sandbox",
    Kind.EXECUTORS: "executor",
    Kind.EXPERIMENTS: "experiment",
}


def run_command(
    overrides: Sequence[str],
    multirun: bool,
    limit: int | None,
    smoke: bool,
    fail_fast: bool,
    out: Path,
    as_json: bool,
) -> int:
    """Run what is missing and print the table; return the exit code."""
    from .plan import plan
    from .progress import telling
    from .sweep import require_writable, states, sweep

    one_thread_each()
    end_like_ctrl_c()

    runs = plan(overrides, multirun=multirun, limit=limit, smoke=smoke)
    require_writable(out)
    console = messages()
    _tell_llms(runs, console)
    try:
        with telling(runs, console) as progress:
            records = sweep(runs, out, progress, fail_fast=fail_fast)
    except KeyboardInterrupt:
        finished = sum(r is not None and r.status == "finished" for r in states(runs, out))
        console.print(
            f"Interrupted: {finished} of {len(runs)} runs are finished. "
            "The same command again goes on from here."
        )
        return INTERRUPTED
    code = _report(records, out, limit, as_json)
    if len(records) < len(runs):
        begun = sum(r is not None for r in states(runs, out))
        waiting = len(runs) - len(records)
        what = "not gone on with" if begun > len(records) else "not begun"
        console.print(f"{waiting} of {len(runs)} runs were {what}.")
        return SOME_FAILED
    return code


def _tell_llms(runs: Sequence[Run], console: Console) -> None:
    """Say who will answer, where the command left that open."""
    for banner in dict.fromkeys(run.banner for run in runs if run.banner):
        console.print(banner, soft_wrap=True)


def _report(records: Sequence[RunRecord], out: Path, limit: int | None, as_json: bool) -> int:
    from .summary import show, summarize

    lines = summarize(records)
    if as_json:
        print_json(
            {
                "runs": [
                    {**r.model_dump(mode="json", by_alias=True), "folder": str(out / r.id)}
                    for r in records
                ],
                "summary": [line.as_json() for line in lines],
                "partial": limit is not None,
            }
        )
    else:
        show(lines, results())
    return _tell_ends(records, out, limit)


def _tell_ends(records: Sequence[RunRecord], out: Path, limit: int | None) -> int:
    from .causes import by_cause

    console = messages()
    if limit is not None:
        console.print(f"Partial: only the first {limit} seeds were run (--limit).")
    causes = by_cause(records)
    for cause in causes:
        console.print(cause.line(out), soft_wrap=True)
    if any(cause.status == "interrupted" for cause in causes):
        console.print("The same command goes on from here; after a limit, with a larger one.")
    return SOME_FAILED if causes else DONE


def dry_run_command(
    overrides: Sequence[str],
    multirun: bool,
    limit: int | None,
    smoke: bool,
    cost: bool,
    out: Path,
    as_json: bool,
) -> int:
    """Print what would be run, and with `cost` what that would ask and cost."""
    from .dry_run import as_json as as_data
    from .dry_run import as_table, jobs
    from .plan import plan
    from .sweep import states

    runs = plan(overrides, multirun=multirun, limit=limit, smoke=smoke)
    records = states(runs, out)
    found = jobs(runs, records)
    asked = _forecasts(found) if cost else []
    if as_json:
        print_json(as_data(found, asked) if cost else _states(runs, records))
        return DONE
    results(WIDE if cost else WIDTH_OF_A_FILE).print(as_table(found, asked))
    finished = sum(s is not None and s.status == "finished" for s in records)
    results().print(f"{len(runs)} runs, {finished} of them finished, in {out}. Nothing was run.")
    if any(forecast.calls for forecast in asked):
        from .forecast import ASSUMED

        results().print(f"An estimate for what is not finished: {ASSUMED}", soft_wrap=True)
    return DONE


def _forecasts(found: Sequence[Job]) -> list[Forecast]:
    from .forecast import forecast

    one_thread_each()
    console = messages()
    return [forecast(j.unfinished, lambda line: console.print(line, soft_wrap=True)) for j in found]


def _states(runs: Sequence[Run], records: Sequence[RunRecord | None]) -> list[dict[str, Any]]:
    return [
        {"id": run.id, "status": record.status if record else "missing", "config": run.config}
        for run, record in zip(runs, records, strict=True)
    ]


def job_command(folder: Path) -> int:
    """Do the job in a run's folder; return the exit code."""
    from trace_core import UserError

    from .attempt import job
    from .store import RunFolder

    one_thread_each()
    end_like_ctrl_c()
    ended = job(str(folder))
    if ended.how == "stopped":
        return INTERRUPTED
    if ended.how != "done":
        raise UserError(ended.why)
    record = RunFolder(folder).record()
    if record is None or record.status == "finished":
        return DONE
    messages().print(f"{record.id} {record.status}: {record.error or record.stop_reason}")
    return SOME_FAILED


def status_command(out: Path, as_json: bool) -> None:
    """Print how the runs in a folder stand."""
    from .status import as_lines
    from .watch import Watch

    now = Watch(out).look()
    if as_json:
        print_json(now.as_json())
        return
    for line in as_lines(now):
        results().print(line, soft_wrap=True)


def one_thread_each() -> None:
    """Let linear algebra use one thread in every process, unless the user says otherwise.

    Several runs at a time would fight for the cores, and sums over a number of threads differ from
    machine to machine. Must come before NumPy and torch are imported.
    """
    import os

    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def end_like_ctrl_c() -> None:
    """Let a termination, which cluster and container managers send, stop runs in good order."""
    import signal

    signal.signal(signal.SIGTERM, signal.default_int_handler)


def list_command(kinds: Sequence[Kind], as_json: bool) -> None:
    """Print what there is to choose from."""
    from .listing import entries, table

    if as_json:
        print_json({kind.value: entries(GROUPS[kind]) for kind in kinds})
        return
    for kind in kinds:
        results().print(table(GROUPS[kind]))


def matrix_command(as_json: bool) -> None:
    """Print which optimizer fits which task."""
    from .capabilities import matrix
    from .listing import matrix_table

    found = matrix()
    if as_json:
        print_json({t: {o: sorted(m) for o, m in row.items()} for t, row in found.items()})
    else:
        results(COLUMN * (len(found) + 1)).print(matrix_table(found))


def doctor_command(out: Path, as_json: bool) -> None:
    """Print what this machine can run."""
    from rich.table import Table

    from .doctor import examine

    checks = examine(out)
    if as_json:
        print_json([check.as_json() for check in checks])
        return
    table = Table(show_header=False, show_edge=False)
    marks = {True: "ok", False: "no", None: "-"}
    for check in checks:
        table.add_row(marks[check.ok], check.what, check.found, check.meaning)
    results().print(table)
    results().print("ok: usable · no: see the last column · -: a fact that is neither")


@contextmanager
def tracked(names: str | None, runs: Path) -> Iterator[None]:
    """Mirror what is run in trackers."""
    if not names:
        yield
        return
    from .trackers import mirroring

    def tell(line: str) -> None:
        messages().print(line, markup=False, highlight=False, soft_wrap=True)

    with mirroring(runs, names_in(names), runs.parent / "trackers", tell):
        yield


def fetch_command(name: str, source: str | None) -> None:
    """Download a task's data and say where they are."""
    from . import registry

    registry.check_name("task", name)
    task = registry.load("task", str(registry.config("task", name)["kind"]))
    console = messages()
    where = task.fetch(source, lambda text: console.print(text, soft_wrap=True))
    print(where or f"{name} needs no data.")


def reproduce_command(
    words: Sequence[str],
    size: Size,
    llm: str | None,
    usd: float | None,
    tokens: int | None,
    out: Path,
    figures: Path,
    as_json: bool,
) -> int:
    """Reproduce experiments; return the exit code."""
    from .reproduce import answering, names, reproduce, require_limit
    from .reproduce_report import show
    from .sweep import require_writable

    one_thread_each()
    end_like_ctrl_c()
    chosen = names([word for word in words if "=" not in word])
    llm = "mock" if llm is None and size is Size.SMOKE else llm
    given = {"usd": usd, "tokens": tokens}
    limits = [f"sweep.{key}={limit}" for key, limit in given.items() if limit is not None]
    others = answering(llm, [word for word in words if "=" in word])
    require_limit(llm, limits)
    require_writable(out)
    done = reproduce(chosen, size.value, llm, [*others, *limits], out, figures, messages())
    if as_json:
        print_json([found.as_json() for found in done])
    else:
        show(done, results())
    return SOME_FAILED if any(found.failed or found.stopped for found in done) else DONE
