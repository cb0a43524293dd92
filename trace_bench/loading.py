"""Results as a table for pandas: one row an iteration."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trace_core import UserError

from .groups import grouped
from .outcomes import counts, series
from .record import RunRecord
from .rows import Row
from .store import folders

if TYPE_CHECKING:
    import pandas as pd


def load(folder: str | Path = "results/runs", *, to_budget: bool = False) -> pd.DataFrame:
    """Read every run in a folder: one row an iteration, `iteration` counting updates.

    Columns: `run`, `status`, `task`, `optimizer`, `llm`, `mock`, `replayed`, `label` (optimizer,
    LLM and what sets it apart from its neighbours), `seed`, `iteration`, `solved_at` (the run's
    first iteration with a solution, if any), `score` (in the task's unit, missing where the
    workflow failed), `value` (what figures show: the score, or the worst where it is missing),
    a `metric.NAME` for each held-out metric, `feedback`, `error`, `parameters`
    (JSON text), `calls`, `cached`, `prompt_tokens`, `completion_tokens`, `usd`, `seconds`. Runs of
    every status are there: choose by `status`.

    Args:
        folder: of run folders.
        to_budget: add the iterations that a run which ended early did not need, as figures do: one
            that solved its problem keeps its value, one that failed is the worst. In these rows
            only what describes the run, `iteration` and `value` are set. Without them, a mean over
            runs leaves out those that were solved.

    Raises:
        UserError: there is no such folder, or a file in it is damaged.

    >>> import trace_bench
    >>> runs = trace_bench.load("results/runs", to_budget=True)  # doctest: +SKIP
    >>> ended = runs[runs.status.isin(["finished", "failed"])]  # doctest: +SKIP
    >>> ended.groupby(["task", "label", "iteration"])["value"].median()  # doctest: +SKIP
    """
    import pandas as pd

    found = {r.id: (r, f.rows()) for f in folders(Path(folder)) for r in [f.record()] if r}
    labels = {r.id: g.label for g in grouped(r for r, _ in found.values()) for r in g.records}
    lines = [
        line
        for record, rows in found.values()
        for line in _lines(record, rows, labels[record.id], to_budget and counts(record))
    ]
    frame = pd.DataFrame(lines, columns=None if lines else _COLUMNS)
    return frame.astype({"llm": "object"}) if lines else frame


def export(folder: Path, file: Path) -> int:
    """Write the table of `load` as CSV or Parquet, by the file's ending; return its length.

    Raises:
        UserError: another ending, no `pyarrow`, or the file cannot be written.
    """
    if file.suffix not in (".csv", ".parquet"):
        raise UserError(f"{file} must end in .csv or .parquet.")
    frame = load(folder)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".csv":
            frame.to_csv(file, index=False)
        else:
            frame.to_parquet(file, index=False)
    except ImportError as error:
        raise UserError("Parquet needs a package: pip install 'trace-bench[parquet]'") from error
    except OSError as error:
        raise UserError(f"Cannot write {file}: {error.strerror}.") from error
    return len(frame)


_COLUMNS = [
    "run",
    "status",
    "task",
    "optimizer",
    "llm",
    "mock",
    "replayed",
    "label",
    "seed",
    "iteration",
    "solved_at",
    "value",
    "score",
    "feedback",
    "error",
    "parameters",
    "calls",
    "cached",
    "prompt_tokens",
    "completion_tokens",
    "usd",
    "seconds",
]


def _lines(
    record: RunRecord, rows: Sequence[Row], label: str, to_budget: bool
) -> Iterator[dict[str, Any]]:
    """A line an iteration, up to the run's budget if that is wanted."""
    values = series(record, rows)
    for iteration, value in enumerate(values if to_budget else values[: len(rows)]):
        row = rows[iteration] if iteration < len(rows) else None
        described = _described(record, label) | {"iteration": iteration}
        described |= {"solved_at": record.metrics.solved_at, "value": value}
        yield described | (_measured(row) if row else {})


def _described(record: RunRecord, label: str) -> dict[str, Any]:
    return {
        "run": record.id,
        "status": record.status,
        "task": record.task,
        "optimizer": record.optimizer,
        "llm": record.llm,
        "mock": record.mock,
        "replayed": record.replayed,
        "label": label,
        "seed": record.seed,
    }


def _measured(row: Row) -> dict[str, Any]:
    return {
        "score": row.score,
        **{f"metric.{name}": value for name, value in row.metrics.items()},
        "feedback": row.feedback,
        "error": row.error,
        "parameters": json.dumps(row.parameters, sort_keys=True),
        **row.llm.model_dump(exclude={"exchanges", "seconds", "retries", "drifted"}),
        "seconds": row.seconds,
    }
