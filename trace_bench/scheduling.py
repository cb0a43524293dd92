"""Who does what when: jobs into lanes, again where that may help, and around other schedulers."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from .claims import Busy, Watch, latest
from .executors import Job, Lane
from .job import Ended
from .plan import Run
from .store import RunFolder
from .sweep_limits import Rules

LOOK_S = 1.0
"""How often runs are looked at that another process drives."""
OVER = ("finished", "failed")


@dataclass(slots=True, eq=False)
class Line:
    """A lane with the jobs that wait for it."""

    lane: Lane
    waiting: deque[Job]
    under_way: int = 0


@dataclass(slots=True)
class Schedule:
    """Drives jobs through their lanes until each has come to its end.

    A job that something outside has ended is tried again, `rules.retries` times. One that another
    process drives is waited for, and taken over if that process is found dead.
    """

    lines: Sequence[Line]
    rules: Rules
    _under_way: dict[Future[Ended], tuple[Job, Line]] = field(default_factory=dict)
    _ended: SimpleQueue[Future[Ended]] = field(default_factory=SimpleQueue)
    _later: list[tuple[Job, Line]] = field(default_factory=list)
    _elsewhere: list[tuple[Job, Line]] = field(default_factory=list)
    _watch: Watch = field(default_factory=Watch)
    _stopping: bool = False

    def go(self) -> Iterator[tuple[Job, Ended]]:
        """Yield each job with how it came to its end."""
        while True:
            yield from self._begin()
            if not (self._under_way or self._later or self._elsewhere):
                return
            yield from self._wait()
            self._bring_back()
            yield from self._look_elsewhere()

    def stop(self) -> None:
        """Begin nothing more, and make what is under way stop in good order; `go` then ends."""
        self.begin_no_more()
        for line in self.lines:
            line.lane.stop()

    def begin_no_more(self) -> None:
        """Let what is under way come to its end; `go` then ends."""
        self._stopping = True
        self.drop(lambda run: True)

    def drop(self, which: Callable[[Run], bool]) -> list[Run]:
        """Begin no more of these runs; return those that are dropped."""
        dropped = []
        for line in self.lines:
            dropped += [job.run for job in line.waiting if which(job.run)]
            line.waiting = deque(job for job in line.waiting if not which(job.run))
        for pairs in (self._later, self._elsewhere):
            dropped += [job.run for job, _ in pairs if which(job.run)]
            pairs[:] = [(job, line) for job, line in pairs if not which(job.run)]
        return dropped

    def kill(self) -> None:
        """End what is under way at once."""
        for line in self.lines:
            line.lane.kill()

    def _begin(self) -> Iterator[tuple[Job, Ended]]:
        """Fill free slots."""
        for line in self.lines:
            batch: list[Job] = []
            while line.waiting and line.under_way + len(batch) < line.lane.slots:
                job = line.waiting.popleft()
                if _is_over(job):
                    yield job, Ended("done")
                elif is_driven(job.folder):
                    self._elsewhere.append((job, line))
                else:
                    batch.append(job)
            for job, future in zip(batch, line.lane.submit(batch) if batch else (), strict=True):
                line.under_way += 1
                self._under_way[future] = (job, line)
                future.add_done_callback(self._ended.put)

    def _wait(self) -> Iterator[tuple[Job, Ended]]:
        """Wait for a job to end, or for time to pass."""
        with contextlib.suppress(Empty):
            future = self._ended.get(timeout=self._pause_s())
            while True:
                job, line = self._under_way.pop(future)
                line.under_way -= 1
                yield from self._sorted(job, line, future.result())
                future = self._ended.get_nowait()

    def _pause_s(self) -> float:
        """How long to wait at most; never for ever, which a Ctrl-C just before would not end."""
        dues = [max(job.due - time.monotonic(), 0.0) for job, _ in self._later]
        return min([*dues, LOOK_S])

    def _sorted(self, job: Job, line: Line, ended: Ended) -> Iterator[tuple[Job, Ended]]:
        if ended.how == "busy" and not self._stopping:
            self._elsewhere.append((job, line))
        elif self._is_worth_another_try(job, ended):
            job.attempts += 1
            job.due = time.monotonic() + self.rules.pause_s
            self._later.append((job, line))
        else:
            yield job, ended

    def _is_worth_another_try(self, job: Job, ended: Ended) -> bool:
        # "stopped" without our doing: somebody else has interrupted the worker.
        outside = ended.how in ("outage", "died", "stopped")
        return outside and not self._stopping and job.attempts < self.rules.retries

    def _bring_back(self) -> None:
        """Let jobs wait for their lane whose pause is over."""
        now = time.monotonic()
        for job, line in [pair for pair in self._later if pair[0].due <= now]:
            self._later.remove((job, line))
            line.waiting.append(job)

    def _look_elsewhere(self) -> Iterator[tuple[Job, Ended]]:
        """See what has become of jobs that other processes drive."""
        for job, line in list(self._elsewhere):
            if _is_over(job):
                self._elsewhere.remove((job, line))
                yield job, Ended("done")
            elif not self._is_driven(job):
                self._elsewhere.remove((job, line))
                line.waiting.append(job)

    def _is_driven(self, job: Job) -> bool:
        """Whether another process drives it; a dead one's claim is given up in its stead."""
        holder = latest(job.folder.path)
        if holder is None or holder.is_free():
            return False
        if self._watch.is_silent(holder):
            with contextlib.suppress(Busy), job.folder.claimed(silent=holder):
                return False
        return True


def closing(lines: Sequence[Line]) -> ExitStack:
    """Close all lanes at the end of a context."""
    stack = ExitStack()
    for line in lines:
        stack.callback(line.lane.close)
    return stack


def _is_over(job: Job) -> bool:
    """Whether another process has come to the run's end since this sweep began."""
    record = job.folder.record()
    return record is not None and record.status in OVER and record != job.known


def is_driven(folder: RunFolder) -> bool:
    """Whether a process that may be alive has claimed the run."""
    holder = latest(folder.path)
    return holder is not None and not holder.is_free()
