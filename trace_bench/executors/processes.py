"""Worker processes on this machine, for runs that compute."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial
from threading import Lock
from typing import Annotated

from annotated_types import Ge

from trace_bench.job import Ended, write_job
from trace_bench.plan import Run

from ._base import Job, Lane, in_thread
from ._worker_process import Died, WorkerProcess


class Processes(Lane):
    """A worker does one run after the other, so that what is slow to import is imported once.

    If one dies, only its own run is tried again.

    Args:
        workers: runs at the same time; None is the number of cores that this process may use.
    """

    def __init__(self, *, workers: Annotated[int, Ge(1)] | None = None) -> None:
        self.slots = workers or cores()
        self._lock = Lock()
        self._idle: list[WorkerProcess] = []
        self._busy: set[WorkerProcess] = set()
        self._stopping = False

    def explain(self, runs: Sequence[Run]) -> str:
        """How many at a time."""
        return f"{len(runs)} runs in {min(self.slots, len(runs))} processes"

    def submit(self, jobs: Sequence[Job]) -> list[Future[Ended]]:
        """Give each to a worker, a new one if all are busy."""
        for job in jobs:
            write_job(job.run, job.folder)
        return [in_thread(partial(self._work, job.path)) for job in jobs]

    def stop(self) -> None:
        """Interrupt the runs."""
        with self._lock:
            self._stopping = True
            for worker in self._busy:
                worker.interrupt()

    def kill(self) -> None:
        """Kill all workers."""
        with self._lock:
            for worker in (*self._busy, *self._idle):
                worker.kill()

    def close(self) -> None:
        """End all workers."""
        with self._lock:
            for worker in self._idle:
                worker.close()
            self._idle.clear()

    def _work(self, path: str) -> Ended:
        with self._lock:
            if self._stopping:
                return Ended("stopped")
            worker = self._idle.pop() if self._idle else WorkerProcess()
            self._busy.add(worker)
        try:
            ended = worker.do(path)
        except Died as death:
            with self._lock:
                self._busy.discard(worker)
                return Ended("stopped") if self._stopping else Ended("died", str(death))
        with self._lock:
            self._busy.discard(worker)
            self._idle.append(worker)
        return ended


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
