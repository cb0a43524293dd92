"""One run after the other, in this thread."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

from trace_bench.attempt import attempt
from trace_bench.job import Ended

from ._base import Job, Lane


class Inline(Lane):
    """Good for one run, for runs of milliseconds, and for debuggers."""

    def __init__(self) -> None:
        self.slots = 1

    def submit(self, jobs: Sequence[Job]) -> list[Future[Ended]]:
        """Drive the job; Ctrl-C reaches it as it reaches everything in the main thread."""
        return [_done(attempt(job.run, job.folder)) for job in jobs]


def _done(ended: Ended) -> Future[Ended]:
    if ended.how == "stopped":
        raise KeyboardInterrupt
    promised: Future[Ended] = Future()
    promised.set_result(ended)
    return promised
