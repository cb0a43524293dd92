"""Workers in stock. A worker serves one version of one program in one `use`, and no other, ever.

So nothing that a version did to its process reaches another version, or another run. For the same
reason there is a spare: the next version's worker has started before it is asked for.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from weakref import WeakSet

from trace_core._code import filename_of
from trace_core._errors import UserError

from ._limits import Limits
from ._process import START_S, Died, Late, Process
from ._program import Program
from ._surroundings import surroundings
from ._worker.wire import pack

IDLE = 8
"""Workers kept for jobs other than the latest."""
IDLE_OF_LATEST = 32
ALL: WeakSet[Pool] = WeakSet()
"""Every pool of this process."""
_the_parents: list[Process] = []


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker is for: a program, within the context of the `use` of this number."""

    use: int
    program: Program


@dataclass(frozen=True, slots=True)
class Kind:
    """What all workers of a pool have in common."""

    backend: str
    limits: Limits
    imports: frozenset[str]


class Pool:
    """The workers of one kind. Any thread may take one."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.users = 0
        self._lock = threading.Lock()
        self._idle: OrderedDict[Job, list[Process]] = OrderedDict()
        self._spare: Process | None = None
        ALL.add(self)

    def start(self) -> Process:
        """See that a spare is on its way; return it."""
        with self._lock:
            if self._spare is None:
                self._spare = self._new()
            return self._spare

    def take(self, job: Job) -> Process:
        """A worker that is ready for the job, and nobody else's until it is given back.

        Raises:
            UserError: none can be started.
        """
        while (process := self._pop(job)) is not None:
            if process.is_idle():
                return process
            process.close()
        process = self._fresh()
        try:
            process.ready()
        except UserError:  # a spare may have been killed while it waited
            process = self._new()
            process.ready()
        try:
            process.send(self._loading(job.program), START_S)
        except (Died, Late):
            process.close()
            raise
        return process

    def give(self, job: Job, process: Process) -> None:
        """Keep a worker that has answered for the job's next call."""
        with self._lock:
            self._idle.setdefault(job, []).append(process)
            self._idle.move_to_end(job)
            surplus = self._surplus(job)
        for each in surplus:
            each.close()

    def leave(self, use: int) -> None:
        """End the workers of a `use` that is over."""
        with self._lock:
            jobs = [job for job in self._idle if job.use == use]
            found = [process for job in jobs for process in self._idle.pop(job)]
        for process in found:
            process.close()

    def close(self) -> None:
        """End all workers that are not in use. The pool can be used again."""
        with self._lock:
            found = self._emptied()
        for process in found:
            process.close()

    def forget(self) -> None:
        """In a forked child: the workers are the parent's, and must not be touched."""
        self._lock = threading.Lock()
        _the_parents.extend(self._emptied())

    def _emptied(self) -> list[Process]:
        found = [process for processes in self._idle.values() for process in processes]
        if self._spare is not None:
            found.append(self._spare)
        self._idle.clear()
        self._spare = None
        return found

    def _new(self) -> Process:
        return Process(self.kind.backend, self.kind.limits, self.kind.imports)

    def _fresh(self) -> Process:
        """The spare, which is replaced, or another one."""
        with self._lock:
            process, self._spare = self._spare, None
        process = process or self._new()
        self.start()
        return process

    def _pop(self, job: Job) -> Process | None:
        with self._lock:
            processes = self._idle.get(job)
            if not processes:
                return None
            process = processes.pop()
            if not processes:
                del self._idle[job]
            return process

    def _surplus(self, latest: Job) -> list[Process]:
        """Take out the workers that are too many: first of jobs not done for long."""
        own = self._idle[latest]
        if len(self._idle) == 1 and len(own) <= IDLE_OF_LATEST:
            return []
        found = [own.pop(0) for _ in range(len(own) - IDLE_OF_LATEST)]
        others = [job for job in self._idle if job != latest]
        count = sum(len(self._idle[job]) for job in others)
        for job in others:
            while count > IDLE and self._idle[job]:
                found.append(self._idle[job].pop(0))
                count -= 1
            if not self._idle[job]:
                del self._idle[job]
        return found

    def _loading(self, program: Program) -> bytes:
        seen = surroundings(program, self.kind.imports)
        message = {
            "op": "load",
            "name": program.name,
            "filename": filename_of(program.name),
            "source": program.source,
            "modules": seen.modules,
            "helpers": list(seen.helpers.values()),
            "absent": seen.absent,
            "draws": seen.draws,
        }
        return pack(message, str)
