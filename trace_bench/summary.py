"""The table at the end of a sweep: what the final score is, over seeds, and what it took."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from .groups import Group, grouped
from .llms import WEAK
from .numerals import number
from .outcomes import counts, final
from .plain import plain
from .record import RunRecord
from .statistics import FEWEST, STATISTICS, Estimate, estimate

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


@dataclass(frozen=True, slots=True)
class Summary:
    """One line of the table.

    Attributes:
        runs: how many there are, of any status.
        unscored: finished runs whose last iteration has no score, because the workflow failed.
        solved: runs that found a solution.
        solved_at: the median iteration at which they did; None if none did.
        estimates: of the final score, by statistic; failures count as the worst.
        seconds: of all runs, one after the other.
    """

    task: str
    label: str
    optimizer: str
    llm: str | None
    mock: bool
    metric: str
    runs: int
    finished: int
    failed: int
    unscored: int
    solved: int
    solved_at: float | None
    estimates: dict[str, Estimate]
    seconds: float
    prompt_tokens: int | None
    completion_tokens: int | None
    usd: float | None

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return dict(plain(asdict(self)))


def summarize(records: Iterable[RunRecord]) -> list[Summary]:
    """Return one line for every group of runs."""
    return [_line(group) for group in grouped(records)]


def _line(group: Group) -> Summary:
    scores = [v for r in group.records if counts(r) for v in [final(r)] if v is not None]
    ledgers = [r.ledger for r in group.records]
    solved_at = group.solved_at
    return Summary(
        task=group.task,
        label=group.label,
        optimizer=group.optimizer,
        llm=group.llm,
        mock=group.mock,
        metric=group.metric,
        runs=len(group.records),
        finished=len(group.finished),
        failed=group.count("failed"),
        unscored=sum(r.metrics.final is None for r in group.finished),
        solved=len(solved_at),
        solved_at=median(solved_at) if solved_at else None,
        estimates={name: estimate(scores, name) for name in STATISTICS} if scores else {},
        seconds=sum(ledger.seconds for ledger in ledgers),
        prompt_tokens=_sum([ledger.prompt_tokens for ledger in ledgers]),
        completion_tokens=_sum([ledger.completion_tokens for ledger in ledgers]),
        usd=_sum([ledger.usd for ledger in ledgers]),
    )


def _sum(values: Sequence[Any]) -> Any:
    return None if None in values else sum(values)


def show(lines: Sequence[Summary], console: Console) -> None:
    """Print one table for each task."""
    by_task: dict[tuple[str, str], list[Summary]] = {}
    for line in lines:
        by_task.setdefault((line.task, line.metric), []).append(line)
    for (task, metric), members in by_task.items():
        console.print(f"{task}: {metric}, after the last update", style="bold")
        console.print(_table(members))
    console.print(_caption(lines))


def _table(lines: Sequence[Summary]) -> Table:
    from rich import box
    from rich.table import Table

    # As narrow as can be: on 80 columns the names must still have room.
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=0)
    table.add_column("optimizer", overflow="fold")
    with_llm = any(line.llm for line in lines)
    with_solved = any(line.solved for line in lines)
    more = (["solved"] if with_solved else []) + ["seconds"] + (["tokens"] if with_llm else [])
    for heading in ("runs", *STATISTICS, *more):
        table.add_column(heading, justify="right", no_wrap=True)
    for line in lines:
        cells = [line.label, _runs(line), *_estimates(line)]
        cells += [_solved(line)] if with_solved else []
        table.add_row(*cells, number(line.seconds), *([_tokens(line)] if with_llm else []))
    return table


def _caption(lines: Sequence[Summary]) -> str:
    parts = ["In brackets: 95 % bootstrap interval over seeds."]
    if any(line.finished < FEWEST for line in lines):
        parts.append(f"Fewer than {FEWEST} runs: no interval.")
    if any(line.solved for line in lines):
        parts.append("Solved: how many runs, and at which iteration (median).")
    if any(line.failed or line.unscored for line in lines):
        parts.append("Failures count as the worst score; without a worst, as infinitely bad.")
    if any(line.mock for line in lines):
        parts.append("The mock LLM answers at random: its lines are no model's result.")
    if any(line.llm == WEAK for line in lines):
        parts.append(f"{WEAK} is a very small model: its lines show that all works, not how well.")
    return " ".join(parts)


def _runs(line: Summary) -> str:
    notes = {
        "failed": line.failed,
        "unfinished": line.runs - line.finished - line.failed,
        "without a score": line.unscored,
    }
    return "\n".join([str(line.runs), *(f"{n} {what}" for what, n in notes.items() if n)])


def _solved(line: Summary) -> str:
    return "0" if line.solved_at is None else f"{line.solved}\nat {number(line.solved_at)}"


def _estimates(line: Summary) -> list[str]:
    return [_estimate(line.estimates.get(name)) for name in STATISTICS]


def _estimate(found: Estimate | None) -> str:
    if found is None:
        return "-"
    if found.low is None or found.high is None:
        return number(found.value)
    return f"{number(found.value)}\n[{number(found.low)}, {number(found.high)}]"


def _tokens(line: Summary) -> str:
    if line.llm is None:
        return "-"
    if line.prompt_tokens is None or line.completion_tokens is None:
        return "unknown"
    return f"{line.prompt_tokens + line.completion_tokens:,}"
