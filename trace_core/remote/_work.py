"""The worker's side: call the function on copies, and send back what was recorded."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from weakref import WeakValueDictionary

from trace_core import sandbox
from trace_core._errors import ExecutionError, TraceMissingInputsError, UserError
from trace_core._node import Node, ParameterNode
from trace_core._state import next_serial, stop_tracing

from ._packing import Packer, Unpacker

if TYPE_CHECKING:
    from ._submit import Call


@dataclass(frozen=True, slots=True)
class Home:
    """Where a call comes from."""

    token: str
    process: int

    @classmethod
    def new(cls) -> Home:
        """For a call from this process."""
        return cls(uuid4().hex, os.getpid())


@dataclass(frozen=True, slots=True)
class Settings:
    """What of the caller's context holds in the worker.

    Attributes:
        records: tracing is not stopped.
        sandbox: name of the sandbox for code that an optimizer wrote.
        mirrored: bundles of the worker take over parameters of the caller.
    """

    records: bool
    sandbox: str
    mirrored: bool


@dataclass(frozen=True, slots=True)
class Direct:
    """The result of a call that needed no sending."""

    value: Any


HERE: WeakValueDictionary[Home, Call] = WeakValueDictionary()
"""Calls from this process, which an executor of threads runs as they are."""
# A process that serves several threads has one set of bundles to lend to one caller at a time.
_lent = RLock()


def work(home: Home, settings: Settings, body: bytes) -> bytes | Direct:
    """Run a call that `Call` packed; the answer is for `Call.join`."""
    call = HERE.get(home)
    if call is not None and home.process == os.getpid():  # a forked child has the table, too
        return Direct(call.here())
    lent: AbstractContextManager[Any] = _lent if settings.mirrored else nullcontext()
    with lent:
        unpacker = Unpacker(body)
        function, args, keywords, _ = unpacker.unpack()
        start = next_serial()
        failure = None
        with _context(settings):
            try:
                result = function(*args, **keywords)
            except ExecutionError as error:
                failure = "".join(traceback.format_exception(error))
                result = error.exception_node
        return _reply(unpacker, failure, result, start)


@contextmanager
def _context(settings: Settings) -> Iterator[None]:
    tracing: AbstractContextManager[None] = nullcontext() if settings.records else stop_tracing()
    with sandbox.use(settings.sandbox), tracing:
        yield


def _reply(unpacker: Unpacker, failure: str | None, result: Any, start: int) -> bytes:
    packer = Packer(unpacker.nodes, unpacker.objects)
    known = len(unpacker.nodes)
    try:
        reply = packer.pack((failure, result))
    except Exception as error:
        notes = " ".join(getattr(error, "__notes__", []))
        raise UserError(f"the worker's result can't be sent back: {error} {notes}") from error
    for node in packer.nodes[known:]:
        _check(node, start)
    return reply


def _check(node: Node[Any], start: int) -> None:
    if isinstance(node, ParameterNode) and node._serial < start:
        raise TraceMissingInputsError(
            f"the result depends on {node.name}, a parameter that the worker has of its own, so "
            "feedback could not reach the caller's. Pass it to the call as an argument."
        )
