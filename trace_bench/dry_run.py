"""The job table of `--dry-run`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .numerals import ranges
from .plan import Run
from .record import RunRecord

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True, slots=True)
class Job:
    """Runs that differ in nothing but the seed, and how many of them have which status."""

    runs: tuple[Run, ...]
    statuses: Counter[str]


def jobs(runs: Sequence[Run], records: Sequence[RunRecord | None]) -> list[Job]:
    """Put runs of one config together."""
    found: dict[str, list[tuple[Run, str]]] = {}
    for run, record in zip(runs, records, strict=True):
        key = json.dumps({**run.config, "seed": None}, sort_keys=True)
        found.setdefault(key, []).append((run, record.status if record else "missing"))
    return [
        Job(tuple(run for run, _ in pairs), Counter(status for _, status in pairs))
        for pairs in found.values()
    ]


def as_table(found: Sequence[Job]) -> Table:
    """Return one line for each job."""
    from rich.table import Table

    table = Table(title="What would be run", title_justify="left")
    for heading in ("task", "optimizer", "llm", "seeds", "updates", "runs"):
        table.add_column(heading, overflow="fold")
    for job in found:
        first = job.runs[0]
        llm = first.llm.name if first.llm else "-"
        llm += ", replayed" if first.is_replayed else ""
        states = ", ".join(f"{n} {status}" for status, n in job.statuses.items())
        seeds = ranges(run.seed for run in job.runs)
        table.add_row(
            first.task.name, first.optimizer.name, llm, seeds, str(first.iterations), states
        )
    return table
