"""How a sweep goes on, told to a terminal or to a log file. All of it goes to stderr."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .plan import Run
from .record import RunRecord
from .rows import Row
from .sweep import Progress

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID


@contextmanager
def telling(total: int, console: Console) -> Iterator[Progress]:
    """Yield a bar on a terminal, and one line a run elsewhere."""
    if not console.is_terminal:
        yield Lines(total, console)
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as RichProgress

    columns = [
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
    ]
    with RichProgress(*columns, console=console, transient=True) as bar:
        yield Bar(bar, bar.add_task("", total=total), console)


class Lines:
    """One line for every run that ends; one in all for those that had been finished before."""

    def __init__(self, total: int, console: Console) -> None:
        self._total, self._console = total, console
        self._done = self._skipped = 0

    def started(self, run: Run) -> None:
        """Nothing: a log file wants results."""

    def stepped(self, row: Row) -> None:
        """Nothing: a log file wants results."""

    def ended(self, record: RunRecord, *, skipped: bool) -> None:
        """Say how a run ended."""
        self._done += 1
        self._skipped += skipped
        if skipped and self._done < self._total:
            return
        if self._skipped:
            self._write(f"{self._skipped} of {self._total} runs had been finished before")
            self._skipped = 0
        if not skipped:
            self._write(f"[{self._done}/{self._total}] {outcome(record)}")

    def _write(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


class Bar:
    """A progress bar over the runs, with the iteration and score of the one under way."""

    def __init__(self, bar: RichProgress, task: TaskID, console: Console) -> None:
        self._bar, self._task, self._console = bar, task, console
        self._name = ""

    def started(self, run: Run) -> None:
        """Show what begins."""
        llm = f" {run.llm.name}" if run.llm else ""
        self._name = f"{run.task.name} {run.optimizer.name}{llm} seed {run.seed}"
        self._bar.update(self._task, description=self._name)

    def stepped(self, row: Row) -> None:
        """Show iteration and score."""
        unscored = "failed" if row.error else "-"
        score = unscored if row.score is None else f"{row.score:.4g}"
        text = f"{self._name} · iteration {row.iteration}: {score}"
        self._bar.update(self._task, description=text)

    def ended(self, record: RunRecord, *, skipped: bool) -> None:
        """Move on; only failures stay on the screen."""
        self._bar.advance(self._task)
        if record.status == "failed":
            self._console.print(outcome(record), markup=False, highlight=False, soft_wrap=True)


def outcome(record: RunRecord) -> str:
    """Return how a run ended, on one line."""
    if record.status == "failed":
        return f"{record.id} failed: {record.error}"
    final, n = record.metrics.final, record.ledger.iterations
    score = "no score" if final is None else f"{final:.4g}"
    label = ", mock LLM" if record.mock else ""
    return f"{record.id} {record.status}: {score} after {n} updates ({record.stop_reason}{label})"
