"""Many runs in one process, for those that wait for an LLM most of the time."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from functools import partial
from typing import Annotated

from annotated_types import Ge

from trace_bench.attempt import attempt
from trace_bench.job import Ended
from trace_bench.plan import Run
from trace_bench.provenance import git, versions
from trace_bench.stopping import stoppable

from ._base import Job, Lane, in_thread
from .processes import Processes

WORKERS = 64


class Threads(Lane):
    """A thread a run. Runs that cannot share a process with their like go to processes.

    Args:
        workers: runs at the same time.
    """

    def __init__(self, *, workers: Annotated[int, Ge(1)] = WORKERS) -> None:
        self.slots = workers
        self._open = ExitStack()
        self._stop = self._open.enter_context(stoppable())

    def lanes(self, runs: Sequence[Run]) -> list[tuple[Lane, list[Run]]]:
        """Keep runs that are not thread-safe apart."""
        safe = [run for run in runs if is_thread_safe(run)]
        others = [run for run in runs if not is_thread_safe(run)]
        found: list[tuple[Lane, list[Run]]] = [(self, safe)] if safe else []
        return found + (Processes().lanes(others) if others else [])

    def explain(self, runs: Sequence[Run]) -> str:
        """How many at a time."""
        return f"{len(runs)} runs in threads, {min(self.slots, len(runs))} at a time"

    def submit(self, jobs: Sequence[Job]) -> list[Future[Ended]]:
        """Start a thread for each."""
        versions(), git()  # remembered: runs that begin together would each find them out
        return [in_thread(partial(attempt, job.run, job.folder)) for job in jobs]

    def stop(self) -> None:
        """Let each run end the iteration that is under way."""
        self._stop()

    def close(self) -> None:
        """Forget about stopping."""
        self._open.close()


def is_thread_safe(run: Run) -> bool:
    """Whether the run can share a process with others."""
    return bool(run.task.cls.thread_safe and run.optimizer.cls.thread_safe)
