"""One worker process, seen from the host. It believes nothing that the worker says."""

from __future__ import annotations

import contextlib
import json
import math
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable
from functools import cached_property
from typing import Any

from trace_core._errors import UserError

from . import _launch
from ._limits import Limits
from ._worker.wire import HEAD, Malformed, Unpacker, pack

START_S = 20.0
"""How long a worker may take to start, on a machine that is busy with other things."""
FRAME_BYTES = 64 << 10
EXTRA_BYTES = 64 << 10
"""What a frame may have beside the result itself: printed text and keys."""


class Died(Exception):
    """The worker is of no more use: it ended, or sent what is no frame."""


class Late(Exception):
    """The worker did not answer in time."""


class Process:
    """A worker: a process, two pipes, and the bytes read so far.

    Raises:
        UserError: it could not be started.
    """

    def __init__(self, backend: str, limits: Limits, imports: frozenset[str]) -> None:
        self.backend, self.limits = backend, limits
        self.started = time.perf_counter()
        self._ready: tuple[str, ...] | None = None
        self._inside: int | None = None
        read, write = os.pipe() if backend == "bwrap" else (None, None)
        try:
            argv = _launch.command(backend, imports, write)
            self._child = _launch.popen(argv, () if write is None else (write,))
        except OSError as error:
            _close(read)
            raise UserError(f"The sandbox {backend} cannot start: {error}") from error
        finally:
            _close(write)
        self._info = read
        self._unpack = Unpacker()
        self._to, self._from = self._child.stdin.fileno(), self._child.stdout.fileno()  # type: ignore[union-attr]
        os.set_blocking(self._to, False)
        self._reader, self._writer = select.poll(), select.poll()
        self._reader.register(self._from, select.POLLIN)
        self._writer.register(self._to, select.POLLOUT)
        self._greet(imports)

    def _greet(self, imports: frozenset[str]) -> None:
        limits, places = self.limits, _launch.places(imports)
        hello = {
            "op": "hello",
            "lock": self.backend,
            "processes": limits.processes,
            "readable": _launch.readable(imports),
            "places": places,
            "preload": [name for name in places if name == "numpy"],
            "imports": sorted(imports),
            "printed": limits.printed_characters,
            "result": limits.result_kib << 10,
            "memory": limits.memory_mib << 20,
        }
        with contextlib.suppress(Died):
            self.send(pack(hello, _no_other), START_S)

    def ready(self) -> tuple[str, ...]:
        """Wait until it has given up its rights; return what it says it gave up.

        Raises:
            UserError: it could not start.
        """
        if self._ready is None:
            try:
                said = self.receive(START_S, _no_tag)
            except (Died, Late, Malformed) as error:
                self.close()
                raise UserError(self._why_not(str(error))) from error
            if said.get("op") != "ready":
                self.close()
                raise UserError(self._why_not(str(said.get("why"))))
            self._find_inside()
            self._ready = tuple(map(str, said["done"]))
        return self._ready

    def _find_inside(self) -> None:
        """Of bubblewrap's two processes the inner one must be killed: then the outer ends too."""
        if self._info is None:
            return
        with open(self._info, "rb") as info:  # noqa: PTH123
            self._info = None
            pid = json.loads(info.read())["child-pid"]
        with contextlib.suppress(OSError):
            self._inside = os.pidfd_open(pid)

    def _why_not(self, reason: str) -> str:
        return f"The sandbox {self.backend} cannot start: {reason or 'no reason given'}"

    def is_idle(self) -> bool:
        """True if it lives and has said nothing that it was not asked."""
        return self._ready is not None and not self._reader.poll(0)

    def send(self, frame: bytes, seconds: float) -> None:
        """Write a frame.

        Raises:
            Died: nobody reads there.
            Late: it is not read in time.
        """
        view = memoryview(frame)
        end = time.perf_counter() + seconds
        while view:
            try:
                view = view[os.write(self._to, view) :]
            except BlockingIOError:
                if not self._writer.poll(_milliseconds(end)):
                    raise Late from None
            except OSError as error:
                raise Died(self._last_words) from error

    def receive(self, seconds: float, other: Callable[[Any], Any]) -> dict[str, Any]:
        """Read one frame: all of it, and nothing after it.

        Raises:
            Died: the worker ended, or sent more than it may.
            Late: no frame came in time.
            Malformed: it is no frame of ours.
        """
        end = time.perf_counter() + seconds
        data = self._read(b"", end)
        while len(data) < HEAD.size:
            data += self._read(data, end)
        text, tail, _ = HEAD.unpack_from(data)
        total = HEAD.size + text + tail
        if (
            total
            > (self.limits.result_kib << 10) + 8 * self.limits.printed_characters + EXTRA_BYTES
        ):
            raise Malformed("a frame that is too large")
        if len(data) < total:
            data = self._rest(data, total, end)
        if len(data) > total:
            raise Malformed("something after the frame")
        body = HEAD.size + text
        message = self._unpack(data[HEAD.size : body], data[body:], other)
        if not isinstance(message, dict) or not isinstance(message.get("op"), str):
            raise Malformed("no message")
        return message

    def _rest(self, data: bytes, total: int, end: float) -> bytes:
        parts, have = [data], len(data)
        while have < total:
            parts.append(self._read(data, end))
            have += len(parts[-1])
        return b"".join(parts)

    def _read(self, data: bytes, end: float) -> bytes:
        if not self._reader.poll(_milliseconds(end)):
            raise Late
        part = os.read(self._from, FRAME_BYTES)
        if not part:
            raise Died(self._last_words)
        return part

    @cached_property
    def _last_words(self) -> str:
        """How the process ended; what it wrote to stderr if it never became ready."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(2)
        if self._ready is None and self._child.returncode is not None:
            text = os.read(self._child.stderr.fileno(), 2000).decode(errors="replace")  # type: ignore[union-attr]
            return " ".join(text.split()) or f"exit status {self._child.returncode}"
        return _ending(self._child.returncode)

    def close(self) -> None:
        """Kill the process, wait for its end, and close the pipes."""
        if self._child.stdin is None or self._child.stdin.closed:
            return
        if self._child.poll() is None:
            self._kill()
        for pipe in (self._child.stdin, self._child.stdout, self._child.stderr):
            pipe.close()  # type: ignore[union-attr]
        for descriptor in (self._inside, self._info):
            _close(descriptor)

    def _kill(self) -> None:
        with contextlib.suppress(OSError, ValueError, KeyError):
            self._find_inside()
        if self._inside is not None:
            with contextlib.suppress(OSError):
                signal.pidfd_send_signal(self._inside, signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(2)
        if self._child.poll() is None:
            with contextlib.suppress(OSError):
                os.killpg(self._child.pid, signal.SIGKILL)  # it leads a session of its own
            self._child.kill()
            self._child.wait()


def _ending(status: int | None) -> str:
    """An exit status in words. Bubblewrap reports a signal as 128 + its number."""
    if status is None:
        return "it stopped answering"
    number = -status if status < 0 else status - 128
    if status < 0 or status > 128:
        with contextlib.suppress(ValueError):
            name = signal.Signals(number).name
            return f"it crashed or was killed ({name}), perhaps for want of memory"
    return f"it ended with exit status {status}"


def _milliseconds(end: float) -> int:
    return max(0, math.ceil((end - time.perf_counter()) * 1000))


def _close(descriptor: int | None) -> None:
    if descriptor is not None:
        os.close(descriptor)


def _no_other(value: Any) -> Any:
    raise TypeError(f"{type(value).__name__} is not data")


def _no_tag(found: dict[str, Any]) -> Any:
    raise ValueError("no such tag")
