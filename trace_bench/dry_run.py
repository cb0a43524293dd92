"""The job table of `--dry-run`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from .forecast import Forecast
from .groups import differing_settings, format_settings
from .numerals import number, ranges
from .plan import Run
from .record import RunRecord

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True, slots=True)
class Job:
    """Runs that differ in nothing but the seed and settings of the task.

    Attributes:
        statuses: how many of them have which status.
        unfinished: those that are still to be run.
        label: the optimizer, with what sets it apart from others of its name.
    """

    runs: tuple[Run, ...]
    statuses: Counter[str]
    unfinished: tuple[Run, ...]
    label: str

    @property
    def task(self) -> str:
        """The task, and in how many settings."""
        first, settings = self.runs[0], len({str(run.task.config) for run in self.runs})
        return first.task.name if settings == 1 else f"{first.task.name}, {settings} settings"


def jobs(runs: Sequence[Run], records: Sequence[RunRecord | None]) -> list[Job]:
    """Put runs of one method together."""
    found: dict[str, list[tuple[Run, str]]] = {}
    for run, record in zip(runs, records, strict=True):
        key = json.dumps([run.task.name, _method(run)], sort_keys=True)
        found.setdefault(key, []).append((run, record.status if record else "missing"))
    firsts = [pairs[0][0] for pairs in found.values()]
    apart = differing_settings(
        ((_names(run), _method(run)) for run in firsts), apart_from="iterations"
    )
    return [
        Job(
            tuple(run for run, _ in pairs),
            Counter(status for _, status in pairs),
            tuple(run for run, status in pairs if status != "finished"),
            _label(first, apart[_names(first)]),
        )
        for first, pairs in zip(firsts, found.values(), strict=True)
    ]


def _label(run: Run, settings: Iterable[str]) -> str:
    return f"{run.optimizer.name} {format_settings(_method(run), settings)}".rstrip()


def _method(run: Run) -> Mapping[str, Any]:
    return {k: v for k, v in run.config.items() if k not in ("seed", "task")}


def _names(run: Run) -> tuple[str, ...]:
    return run.task.name, run.optimizer.name


def as_table(found: Sequence[Job], forecasts: Sequence[Forecast] = ()) -> Table:
    """Return one line for each job, with what it would ask if that is known."""
    from rich.table import Table

    table = Table(title="What would be run", title_justify="left")
    for heading in ("task", "optimizer", "llm", "seeds", "updates", "runs"):
        table.add_column(heading, overflow="fold")
    for heading in ("calls", "prompt tokens", "reply tokens", "USD") if forecasts else ():
        table.add_column(heading, justify="right")
    for k, job in enumerate(found):
        first = job.runs[0]
        llm = first.llm.name if first.llm else "-"
        llm += ", replayed" if first.is_replayed else ""
        states = ", ".join(f"{n} {status}" for status, n in job.statuses.items())
        seeds = ranges(run.seed for run in job.runs)
        asked = _cells(forecasts[k]) if forecasts else ()
        table.add_row(job.task, job.label, llm, seeds, str(first.iterations), states, *asked)
    if forecasts:
        table.add_section()
        table.add_row("all", "", "", "", "", "", *_cells(Forecast.total(forecasts)))
    return table


def as_json(found: Sequence[Job], forecasts: Sequence[Forecast]) -> list[dict[str, Any]]:
    """Return an object for each job, with what it would ask."""
    return [
        {
            "task": job.task,
            "optimizer": job.label,
            "llm": job.runs[0].llm and job.runs[0].llm.name,
            "iterations": job.runs[0].iterations,
            "runs": dict(job.statuses),
            **asdict(forecast),
        }
        for job, forecast in zip(found, forecasts, strict=True)
    ]


def _cells(asked: Forecast) -> tuple[str, ...]:
    if not asked.calls:
        return ("-",) * 4
    usd = "unknown" if asked.usd is None else f"{asked.usd:,.2f}"
    return number(asked.calls), number(asked.prompt_tokens), number(asked.completion_tokens), usd
