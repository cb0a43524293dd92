"""What the page shows of each run: a line in the list, and its steps when they are asked for."""

from __future__ import annotations

import json
from typing import Any

from trace_bench.rows import whole_lines
from trace_bench.store import STEPS, TRACEBACK
from trace_bench.traces import read_traces

from .charts import as_number, short
from .library import Entry
from .step_pictures import pictures

LONGEST_TRACEBACK = 20_000
"""Characters of a traceback's end."""


def summary(entry: Entry, label: str) -> dict[str, Any]:
    """Return what the list of runs says of one."""
    record, rows = entry.record, entry.result.rows
    values = [row.metrics.get(record.judged_by) if record.judged_by else row.score for row in rows]
    return {
        "id": record.id,
        "task": record.task,
        "optimizer": record.optimizer,
        "llm": record.llm,
        "mock": record.mock,
        "label": label,
        "seed": record.seed,
        "status": record.status,
        "reason": record.stop_reason,
        "error": record.error,
        "problem": entry.problem,
        "unit": record.metric,
        "lower": record.lower_is_better,
        "final": as_number(record.metrics.final),
        "best": as_number(record.metrics.best),
        "scores": [as_number(value) for value in values],
        "of": record.config.get("iterations"),
        "calls": sum(row.llm.calls for row in rows),
        "seconds": short(sum(row.seconds for row in rows)),
        "started": record.started,
    }


def details(entry: Entry) -> str:
    """Return, as JSON, all that there is to know of a run; its steps are those of the file."""
    folder = entry.folder
    parts = {
        "record": entry.record.text(),
        "traces": json.dumps(pictures(read_traces(folder.path)), ensure_ascii=False),
        "traceback": json.dumps(_traceback(entry)),
        "problem": json.dumps(entry.problem),
        "steps": f"[{','.join(_steps(entry))}]",
    }
    return f"{{{','.join(f'{json.dumps(k)}:{text}' for k, text in parts.items())}}}"


def _steps(entry: Entry) -> list[str]:
    lines = [line.decode(errors="replace") for line in whole_lines(entry.folder.path / STEPS)]
    return lines if entry.problem is None else [line for line in lines if _is_whole(line)]


def _is_whole(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _traceback(entry: Entry) -> str | None:
    path = entry.folder.path / TRACEBACK
    try:
        return path.read_text(encoding="utf-8", errors="replace")[-LONGEST_TRACEBACK:]
    except OSError:
        return None
