"""The sandbox that runs programs in worker processes."""

from __future__ import annotations

import threading
import time
from collections import Counter
from hashlib import blake2b
from itertools import count
from typing import Any, NoReturn

from trace_core._errors import UserError
from trace_core._streams import current_stream

from ._access import IN_CALLBACK, PASSED_ON, Access, Refused, is_on_host
from ._failures import ProposalError, failure
from ._pool import Job, Pool
from ._process import Died, Late, Process
from ._program import Program, Result
from ._surroundings import surroundings
from ._worker.wire import MESSAGE_CHARACTERS, Malformed, pack, with_seed

ENDED = "ProcessEnded"
"""The type of the failure when the code ended its process or made it unusable."""
NOTE_CHARACTERS = 100
"""For how much more was printed."""
_uses = count()
_NOT_DATA = (TypeError, ValueError, RecursionError)


class Workers:
    """Runs programs in the workers of a pool, within the time that one `use` has.

    Equal calls in equal order draw equal random numbers, whichever worker they meet.
    """

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.name = pool.kind.backend
        self.limits = pool.kind.limits
        self._use = next(_uses)
        self._lock = threading.Lock()
        self._used_s = 0.0
        self._draws: Counter[bytes] = Counter()

    def start(self) -> None:
        """Start a worker in the background."""
        self.pool.start()

    def end(self) -> None:
        """End the workers that served this `use`."""
        self.pool.leave(self._use)

    def run(self, program: Program, args: tuple[Any, ...], keywords: dict[str, Any]) -> Result:
        """Call the program's function in a worker.

        Raises:
            ProposalError: the code failed, or went beyond a limit.
            UserError: no worker can be started.
        """
        if IN_CALLBACK.get():
            raise failure(
                "RuntimeError",
                f"{program.name!r} was called again by a function that code in the sandbox had "
                "called on the host: such calls are not nested",
            )
        if self._used_s >= self.limits.run_s:
            raise failure("TimeoutError", self._run_is_over())
        seen = surroundings(program, self.pool.kind.imports)
        scope = seen.scope()
        functions = {name: value for name, value in scope.items() if is_on_host(value)}
        access = Access(self.limits.host_calls, functions)
        call = {"op": "call", "args": list(args), "keywords": keywords, "scope": scope}
        try:
            frame = pack(call, access.argument)
        except _NOT_DATA as error:
            raise failure("TypeError", f"an input of {program.name!r}: {_why(error)}") from error
        return self._run(program, self._seeded(frame) if seen.draws else frame, access)

    def _seeded(self, frame: bytes) -> bytes:
        """The k-th call with these inputs, in its stream, gets the k-th seed."""
        digest = blake2b(current_stream().encode() + frame, digest_size=16).digest()
        with self._lock:
            draw = self._draws[digest]
            self._draws[digest] += 1
        seed = blake2b(digest + draw.to_bytes(8, "little"), digest_size=4).digest()
        return with_seed(frame, int.from_bytes(seed, "little"))

    def _run(self, program: Program, frame: bytes, access: Access) -> Result:
        job = Job(self._use, program)
        try:
            process = self.pool.take(job)
        except (Died, Late) as error:  # of a worker that had been ready
            raise UserError(f"A worker of the sandbox {self.name} died: {error}") from error
        exchange = Exchange(process, access, self._seconds())
        answered = False
        try:
            result = exchange.converse(frame)
            answered = True
            return result
        except ProposalError as error:
            answered = not isinstance(error, MemoryError)
            if not answered:
                self._raise("MemoryError", f"it used more than {self.limits.memory_mib} MiB", error)
            raise
        except Late as error:
            self._raise("TimeoutError", self._too_late(), error)
        except Died as error:
            self._raise(ENDED, f"the code ended the process it runs in: {error}", error)
        except Malformed as error:
            self._raise(ENDED, f"the code disturbed the process it runs in ({error})", error)
        finally:
            self._count(exchange.used_s)
            if answered and self.limits.processes == 1:  # else something may go on in it
                self.pool.give(job, process)
            else:
                process.close()

    def _raise(self, kind: str, message: str, cause: Exception) -> NoReturn:
        line, printed = getattr(cause, "code_line", None), getattr(cause, "printed", "")
        raise failure(kind, message, line, printed) from None

    def _count(self, seconds: float) -> None:
        with self._lock:
            self._used_s += seconds

    def _seconds(self) -> float:
        return min(self.limits.call_s, self.limits.run_s - self._used_s)

    def _too_late(self) -> str:
        if self._used_s + self.limits.call_s < self.limits.run_s:
            return f"it took longer than {self.limits.call_s:g} s"
        return self._run_is_over()

    def _run_is_over(self) -> str:
        return f"the code of this run has used all of its {self.limits.run_s:g} s"


class Exchange:
    """The messages of one call. The clock runs while the host waits for the worker only."""

    def __init__(self, process: Process, access: Access, seconds: float) -> None:
        self.process = process
        self.access = access
        self.seconds = seconds
        self.used_s = 0.0

    def converse(self, frame: bytes) -> Result:
        """Send the call, answer questions, return what comes back.

        Raises:
            ProposalError: the code raised.
            Died, Late, Malformed: the worker is of no more use.
        """
        self._send(frame)
        while True:
            said = self._receive()
            try:
                if said["op"] == "return":
                    return Result(said["value"], self._printed(said))
                if said["op"] == "error":
                    raise _raised(said, self._printed(said))
                question = _question(said)
            except (KeyError, TypeError) as error:
                if isinstance(error, ProposalError):
                    raise
                raise Malformed("no message") from None
            self._send(self._answer(*question))

    def _printed(self, said: dict[str, Any]) -> str:
        """What was printed; the worker has cut it, unless the code speaks in its place."""
        kept = self.process.limits.printed_characters + NOTE_CHARACTERS
        return _text(said["printed"])[:kept]

    def _send(self, frame: bytes) -> None:
        begun = time.perf_counter()
        try:
            self.process.send(frame, self.seconds - self.used_s)
        finally:
            self.used_s += time.perf_counter() - begun

    def _receive(self) -> dict[str, Any]:
        begun = time.perf_counter()
        try:
            return self.process.receive(self.seconds - self.used_s, self.access.resolve)
        finally:
            self.used_s += time.perf_counter() - begun

    def _answer(self, op: str, handle: Any, name: str, args: Any, keywords: Any) -> bytes:
        try:
            if op == "get":
                value = self.access.get(handle, name)
            else:
                value = self.access.invoke(handle, name, args, keywords)
            return pack({"op": "answer", "value": value}, self.access.answer)
        except PASSED_ON:
            raise
        except Exception as error:  # the sandbox's edge: the code sees its own call's failure
            kind = type(error).__name__
            if isinstance(error, Refused) or op == "get":
                kind = "AttributeError" if op == "get" else "RuntimeError"
            told = {"op": "raise", "type": kind, "message": f"{name}: {_why(error)}"}
            return pack(told, str)


def _why(error: BaseException) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _raised(said: dict[str, Any], printed: str) -> ProposalError:
    kind, message = _text(said["type"]), _text(said["message"])[:MESSAGE_CHARACTERS]
    if kind == "SystemExit":
        message = f"the code asked to exit ({message}); it should return instead"
    return failure(kind, message, said["line"], printed)


def _question(said: dict[str, Any]) -> tuple[str, Any, str, Any, Any]:
    """What the worker asks for, checked."""
    op, handle = said["op"], said["on"]
    args, keywords = said.get("args", []), said.get("keywords", {})
    if op not in ("get", "invoke") or not (handle is None or type(handle) is int):
        raise TypeError
    if not isinstance(args, list) or not isinstance(keywords, dict):
        raise TypeError
    return op, handle, _text(said["name"]), args, keywords
