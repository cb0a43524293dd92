"""The interface of all executors: take jobs, promise how each will end, stop when told to."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from trace_bench.job import Ended
from trace_bench.plan import Run
from trace_bench.record import RunRecord
from trace_bench.store import RunFolder


@dataclass(slots=True, eq=False)
class Job:
    """A run that is to be driven.

    Attributes:
        known: its record before this sweep.
        attempts: how often something outside has ended it in this sweep.
        due: when it may be tried again, by the clock that never jumps.
    """

    run: Run
    folder: RunFolder
    known: RunRecord | None = None
    attempts: int = 0
    due: float = 0.0

    @property
    def path(self) -> str:
        """Where the job is, for other processes."""
        return str(self.folder.path.absolute())


class Executor(ABC):
    """Says how the runs of a sweep are driven. The keywords of `__init__` are its settings."""

    @abstractmethod
    def lanes(self, runs: Sequence[Run]) -> list[tuple[Lane, list[Run]]]:
        """Divide the runs, each of which goes into one lane."""


class Lane(Executor):
    """Drives jobs, up to `slots` at a time. It is used by one thread."""

    slots: int
    """How many jobs may be under way."""

    def lanes(self, runs: Sequence[Run]) -> list[tuple[Lane, list[Run]]]:
        """All in this one."""
        return [(self, list(runs))]

    def explain(self, runs: Sequence[Run]) -> str:
        """Say on one line where these runs are driven; nothing if there is nothing to say."""
        return ""

    @abstractmethod
    def submit(self, jobs: Sequence[Job]) -> list[Future[Ended]]:
        """Begin these jobs; never more than there are free slots.

        Raises:
            UserError: there is no such place.
        """

    def stop(self) -> None:
        """Make what is under way stop in good order: each job still says how it ended."""
        return  # nothing is under way between two calls of `submit`

    def kill(self) -> None:
        """End what is under way at once."""
        return  # it ends with this process

    def close(self) -> None:
        """Let go of everything; no job is under way."""
        return  # most hold nothing


def in_thread(work: Callable[[], Ended]) -> Future[Ended]:
    """Do something in a thread that does not keep the process alive."""
    promised: Future[Ended] = Future()

    def fulfil() -> None:
        try:
            promised.set_result(work())
        except BaseException as error:  # whatever it is, it belongs to the one who waits
            promised.set_exception(error)

    threading.Thread(target=fulfil, daemon=True).start()
    return promised
