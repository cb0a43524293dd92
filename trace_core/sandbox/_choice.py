"""Which sandbox a context uses, and what this machine has to offer."""

from __future__ import annotations

import atexit
import math
import os
import shutil
import sys
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, cast

from trace_core._errors import UserError

from ._limits import IMPORTS, Limits
from ._program import WAYS_OUT, InProcess, Program, Refusal, Result, Sandbox

if TYPE_CHECKING:  # at run time where needed: a third of the core's import otherwise
    from ._pool import Kind, Pool
    from ._workers import Workers

ISOLATING = ("bwrap", "kernel")
"""Backends that `auto` chooses from, best first."""
BACKENDS = (*ISOLATING, "process", "inprocess", "none")
IDLE_POOLS = 2


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether a backend works here.

    Attributes:
        detail: what it consists of, or why it does not work.
    """

    name: str
    works: bool
    detail: str


class Auto:
    """The library's own choice, made when code has to be run for the first time."""

    name = "auto"

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._chosen: Sandbox | None = None

    def start(self) -> None:
        """Choose, and start a worker."""
        self._choose().start()

    def run(
        self, program: Program, args: tuple[object, ...], keywords: dict[str, object]
    ) -> Result:
        """Call the program's function in the best sandbox there is."""
        return self._choose().run(program, args, keywords)

    def _choose(self) -> Sandbox:
        with self._lock:
            if self._chosen is None:
                # It lasts as long as the process, so its calls have no time of a run together.
                self._chosen = _make("auto", Limits(run_s=math.inf), frozenset(IMPORTS))
            return self._chosen


_CURRENT: ContextVar[Sandbox] = ContextVar("trace_core_sandbox", default=Auto())  # noqa: B039 meant to be shared
_pools: dict[Kind, Pool] = {}
_lock = threading.RLock()


def current() -> Sandbox:
    """The sandbox of this context."""
    return _CURRENT.get()


@contextmanager
def use(
    name: str = "auto", *, limits: Limits | None = None, imports: Collection[str] = IMPORTS
) -> Iterator[Sandbox]:
    """Run optimizers' code in the sandbox `name` within this context (thread, task).

    Args:
        name: "auto", or one of `BACKENDS`.
        limits: what the code may use; ignored by "inprocess".
        imports: modules that the code may import; ignored by "inprocess".

    Raises:
        UserError: there is no such sandbox, or it does not work here.
    """
    chosen = _make(name, limits or Limits(), frozenset(imports))
    token = _CURRENT.set(chosen)
    try:
        yield chosen
    finally:
        _CURRENT.reset(token)
        _end(chosen)


def resolve(name: str) -> str:
    """The backend that "auto" stands for here, "none" if nothing isolates; other names as they are.

    Raises:
        UserError: there is no such sandbox.
    """
    if name == "auto":
        return next((each for each in ISOLATING if available(each).works), "none")
    if name not in BACKENDS:
        raise UserError(f"There is no sandbox {name!r}; there are auto, {', '.join(BACKENDS)}.")
    return name


def require(name: str) -> str:
    """The backend that a name stands for here, which works.

    Raises:
        UserError: there is none, or it does not work here; with the ways out.
    """
    backend = resolve(name)
    if name == "auto" and backend == "none":
        raise UserError(f"{_nothing_isolates()}. {WAYS_OUT}")
    found = available(backend)
    if not found.works:
        raise UserError(f"sandbox={backend} does not work here: {found.detail}. {WAYS_OUT}")
    return backend


def available(name: str) -> Availability:
    """Whether a backend works on this machine; found out by starting a worker, once."""
    if name == "inprocess":
        return Availability(name, True, "protects nothing: the code may do what this process may")
    if name == "none":
        return Availability(name, True, "runs no code that an optimizer wrote")
    with _lock:  # two threads must not both talk to the worker that is tried
        return _tried(name, os.environ.get("PATH", ""))


@cache
def _tried(name: str, path: str) -> Availability:
    missing = _missing(name, path)
    if missing:
        return Availability(name, False, missing)
    from ._pool import Kind

    pool = _pool(Kind(name, Limits(), frozenset(IMPORTS)))
    try:
        done = pool.start().ready()
    except UserError as error:
        pool.close()
        _pools.pop(pool.kind, None)
        return Availability(name, False, str(error))
    words = {
        "bwrap": ["bubblewrap"],
        "process": ["isolates less: files, network and processes open"],
    }
    return Availability(name, True, ", ".join([*words.get(name, []), *done]))


def _missing(name: str, path: str) -> str:
    if name == "bwrap" and shutil.which("bwrap", path=path) is None:
        return "bubblewrap is not installed"
    if name in ISOLATING and sys.platform != "linux":
        return f"needs Linux, this is {sys.platform}"
    return "needs a POSIX system" if os.name != "posix" else ""


def _make(name: str, limits: Limits, imports: frozenset[str]) -> Sandbox:
    backend = resolve(name)
    if backend == "none":
        return Refusal() if name == "none" else Refusal(_nothing_isolates())
    if backend == "inprocess":
        return InProcess()
    require(backend)
    if limits.processes > 1 and os.geteuid() == 0:
        raise UserError("processes > 1 is not kept to by Linux for root: run as another user.")
    from ._pool import Kind
    from ._workers import Workers

    with _lock:
        pool = _pool(Kind(backend, limits, imports))
        pool.users += 1
    return Workers(pool)


def _nothing_isolates() -> str:
    reasons = "; ".join(f"{each}: {available(each).detail}" for each in ISOLATING)
    return f"No sandbox works here ({reasons})"


def _pool(kind: Kind) -> Pool:
    from ._pool import Pool

    with _lock:
        if kind not in _pools:
            _pools[kind] = Pool(kind)
        return _pools[kind]


def _end(chosen: Sandbox) -> None:
    """Keep a spare worker of the last few kinds for whoever comes next."""
    if not hasattr(chosen, "pool"):
        return
    workers = cast("Workers", chosen)
    workers.end()
    pool = workers.pool
    with _lock:
        pool.users -= 1
        _pools[pool.kind] = _pools.pop(pool.kind, pool)  # now the latest
        unused = [each for each in _pools.values() if each.users == 0]
        for each in unused[:-IDLE_POOLS]:
            del _pools[each.kind]
            each.close()


def close() -> None:
    """End all workers that are not in use. New ones are started when they are needed."""
    for pool in _all_pools():
        pool.close()


def _forget() -> None:
    global _lock
    _lock = threading.RLock()
    for pool in _all_pools():
        pool.forget()


def _all_pools() -> list[Pool]:
    """Every pool of this process: none if the module was never needed."""
    module = sys.modules.get(f"{__package__}._pool")
    return list(module.ALL) if module else []


atexit.register(close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
