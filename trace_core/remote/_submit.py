"""The caller's side: send a call, and join the trace that comes back."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from functools import partial
from typing import Any, Protocol

from trace_core import sandbox
from trace_core._errors import ExecutionError, UserError
from trace_core._state import MODE, Stopped

from ._packing import StandIns, Unpacker
from ._reference import trainable_bundles
from ._work import HERE, Home, Settings, work


class Executor(Protocol):
    """What `submit` needs of an executor."""

    def submit(self, fn: Callable[..., Any], /, *args: Any) -> Any:
        """Call `fn(*args)` somewhere, and return a future that has `add_done_callback`."""


class WorkerTraceback(Exception):
    """Where in the worker an operator failed: the cause of the caller's `ExecutionError`."""


class Call:
    """One call on its way: the bytes to send, and what is needed to join its trace."""

    def __init__(
        self, function: Callable[..., Any], args: tuple[Any, ...], keywords: dict[str, Any]
    ) -> None:
        packer = StandIns(mirrors=True)
        bundles = trainable_bundles(function)
        try:
            self.body = packer.pack((function, args, keywords, bundles))
        except Exception as error:
            notes = " ".join(getattr(error, "__notes__", []))
            name = getattr(function, "__qualname__", repr(function))
            raise UserError(f"{name} can't be sent to a worker: {error} {notes}".strip()) from error
        self.nodes, self.objects = packer.nodes, packer.objects
        self._use()
        mode = MODE.get()
        records = not isinstance(mode, Stopped)
        self.settings = Settings(records, sandbox.current().name, packer.mirrored)
        context = copy_context()
        self.here: Callable[[], Any] = partial(context.run, function, *args, **keywords)
        self.home = Home.new()
        HERE[self.home] = self

    def _use(self) -> None:
        """Inside a bundle's body, nodes that are sent are its inputs."""
        mode = MODE.get()
        if mode is not None:
            for node in self.nodes:
                mode.use(node)

    def join(self, reply: bytes) -> Any:
        """The worker's result, its nodes joined to ours.

        Raises:
            ExecutionError: an operator failed in the worker.
        """
        failure, result = Unpacker(reply, self.nodes, self.objects).unpack()
        if failure is not None:
            raise ExecutionError(result) from WorkerTraceback(failure)
        return result


class Joined(Future[Any]):
    """The future of a call whose trace is joined when it arrives."""

    def __init__(self, call: Call, executor: Executor) -> None:
        super().__init__()
        self._call = call
        self._inner = executor.submit(work, call.home, call.settings, call.body)
        self._inner.add_done_callback(self._finish)

    def cancel(self) -> bool:
        """Cancel the call if it has not begun."""
        return bool(self._inner.cancel()) and super().cancel()

    def running(self) -> bool:
        """Whether a worker is at it."""
        return not self.done() and bool(self._inner.running())

    def _finish(self, inner: Any) -> None:
        if inner.cancelled():
            super().cancel()
            self.set_running_or_notify_cancel()
            return
        try:
            reply = inner.result()
            result = self._call.join(reply) if isinstance(reply, bytes) else reply.value
        except BaseException as error:  # whatever it is, it is the one waiting who must know
            self.set_exception(error)
        else:
            self.set_result(result)


def submit(
    executor: Executor, function: Callable[..., Any], /, *args: Any, **keywords: Any
) -> Future[Any]:
    """Call `function(*args, **keywords)` in a worker, and join what it records to this graph.

    The function may be anything that workers can import: a plain function, a bundle, a method of a
    module. Nodes may be anywhere in the arguments: in containers, in modules, in other objects. The
    worker gets copies; nodes of its result, and all that these depend on, come back, with the
    caller's own nodes where the copies were. Trainable bundles have the caller's code. Whether
    tracing is stopped, and the sandbox's name, go along.

    What else the worker changes stays there: attributes of objects, and parameters' values, too.

    Returns:
        A future of the result, for `wait`, `as_completed` and `asyncio.wrap_future`. It raises what
        the call raised: an `ExecutionError` ends at an exception node in the caller's graph.

    Raises:
        UserError: the function or its arguments can't be sent.
    """
    return Joined(Call(function, args, keywords), executor)


def run(executor: Executor, function: Callable[..., Any], /, *args: Any, **keywords: Any) -> Any:
    """Like `submit`, but wait for the result."""
    return submit(executor, function, *args, **keywords).result()
