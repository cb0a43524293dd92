"""How a sweep goes on, told to a terminal or to a log file. All of it goes to stderr."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from trace_core import UserError

from .plan import Run
from .record import RunRecord
from .status import as_lines, as_view
from .sweep import Progress
from .sweeps import Planned
from .watch import Watch

if TYPE_CHECKING:
    from rich.console import Console

REFRESH_S = 0.5
UNREADABLE = (UserError, OSError, ValueError)
"""A look that fails is made again; what is wrong with a folder is the sweep's to say."""
LOG_EVERY_S = 60.0
"""How often a log file gets a line although no run has ended."""


@contextmanager
def telling(runs: Sequence[Run], console: Console) -> Iterator[Progress]:
    """Yield a live view on a terminal, and one line a run elsewhere."""
    watched = Watched(runs, console) if console.is_terminal else Lines(runs, console)
    try:
        yield watched
    finally:
        watched.close()


class Lines:
    """One line for every run that ends, one in all for those that had been finished before.

    While none ends, a line a minute says how things stand.
    """

    def __init__(self, runs: Sequence[Run], console: Console) -> None:
        self._runs, self._console = runs, console
        self._done = self._skipped = 0
        self._told = threading.Event()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def says(self, text: str) -> None:
        """Write it."""
        self._write(text)

    def started(self, out: Path) -> None:
        """Begin to look at the folders."""
        self._write_skipped()
        watch = _watch(self._runs, out)
        self._thread = threading.Thread(target=self._go_on, args=(watch,), daemon=True)
        self._thread.start()

    def ended(self, record: RunRecord, *, skipped: bool) -> None:
        """Say how a run ended."""
        self._told.set()
        self._done += 1
        self._skipped += skipped
        if not skipped:
            self._write_skipped()
            self._write(f"[{self._done}/{len(self._runs)}] {outcome(record)}")

    def close(self) -> None:
        """Write what is left to say."""
        self._closed.set()
        if self._thread:
            self._thread.join()
        self._write_skipped()

    def _write_skipped(self) -> None:
        if self._skipped:
            self._write(f"{self._skipped} of {len(self._runs)} runs had been finished before")
            self._skipped = 0

    def _go_on(self, watch: Watch) -> None:
        while not self._closed.wait(LOG_EVERY_S):
            if not self._told.is_set():
                with suppress(*UNREADABLE):
                    self._write(as_lines(watch.look())[0])
            self._told.clear()

    def _write(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


class Watched:
    """A view of the whole sweep and of the runs under way; only failures stay on the screen."""

    def __init__(self, runs: Sequence[Run], console: Console) -> None:
        from rich.live import Live

        self._runs, self._console = runs, console
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def says(self, text: str) -> None:
        """Print it above the view."""
        self._console.print(text, soft_wrap=True)

    def started(self, out: Path) -> None:
        """Begin to look at the folders."""
        self._live.start()
        watch = _watch(self._runs, out)
        self._thread = threading.Thread(target=self._go_on, args=(watch,), daemon=True)
        self._thread.start()

    def ended(self, record: RunRecord, *, skipped: bool) -> None:
        """Print what is not as it should be."""
        if record.status != "finished":
            self._console.print(outcome(record), soft_wrap=True)

    def close(self) -> None:
        """Take the view away."""
        self._closed.set()
        if self._thread:
            self._thread.join()
            self._live.stop()

    def _go_on(self, watch: Watch) -> None:
        while True:
            with suppress(*UNREADABLE):
                self._live.update(as_view(watch.look()), refresh=True)
            if self._closed.wait(REFRESH_S):
                return


def _watch(runs: Sequence[Run], out: Path) -> Watch:
    return Watch(out, [Planned.of(run) for run in runs])


def outcome(record: RunRecord) -> str:
    """Return how a run ended, on one line."""
    if record.status == "failed":
        return f"{record.id} failed: {record.error}"
    final, n = record.metrics.final, record.ledger.iterations
    score = "no score" if final is None else f"{final:.4g}"
    label = ", mock LLM" if record.mock else ""
    ended = f"{record.id} {record.status}: {score} after {n} updates ({record.stop_reason}{label})"
    return f"{ended}; NOT AS RECORDED: {unlike}" if (unlike := record.unlike_recording) else ended
