"""Waits that end at once when they are called off, in whichever thread they are."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from queue import Empty, SimpleQueue
from typing import TypeVar

T = TypeVar("T")

LOOK_S = 0.1
"""How often a wait looks whether it has been called off."""

_called_off = threading.Event()
_over: ContextVar[threading.Event | None] = ContextVar("_over", default=None)


@contextmanager
def cancellable() -> Iterator[Callable[[], None]]:
    """Yield a function that calls off every wait for an LLM of this process, from any thread.

    Ctrl-C reaches only the main thread. Whoever runs LLM calls in others calls this function then:
    each of those calls raises KeyboardInterrupt within `LOOK_S`, as do those that follow, until the
    context is left.
    """
    global _called_off
    before, _called_off = _called_off, threading.Event()
    try:
        yield _called_off.set
    finally:
        _called_off = before


@contextmanager
def no_longer_than(over: threading.Event) -> Iterator[None]:
    """Call off this thread's waits too when `over` is set: what it works for has ended."""
    token = _over.set(over)
    try:
        raise_if_called_off()
        yield
    finally:
        _over.reset(token)


def sleep(seconds: float) -> None:
    """Wait.

    Raises:
        KeyboardInterrupt: it was called off.
    """
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        raise_if_called_off()
        time.sleep(min(left, LOOK_S))


def wait_for(call: Callable[[], T], seconds: float = math.inf) -> T:
    """What `call` returns or raises; it is left to itself if the wait is called off or too long.

    No client library lets go of a connection that another thread waits for. So the call has a
    thread of its own, which does not keep the process alive.

    Raises:
        KeyboardInterrupt: it was called off.
        TimeoutError: it took more than `seconds`.
    """
    deadline = time.monotonic() + seconds
    answers: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()
    raise_if_called_off()
    threading.Thread(target=_answer, args=(call, answers), daemon=True).start()
    while True:
        try:
            answer, error = answers.get(timeout=LOOK_S)
        except Empty:
            raise_if_called_off()
            if time.monotonic() > deadline:
                raise TimeoutError from None
            continue
        if error is not None:
            raise error
        return answer  # type: ignore[return-value]


def raise_if_called_off() -> None:
    """Raise KeyboardInterrupt if nobody wants this wait any more."""
    over = _over.get()
    if _called_off.is_set() or (over and over.is_set()):
        raise KeyboardInterrupt


def _answer(
    call: Callable[[], T], answers: SimpleQueue[tuple[T | None, BaseException | None]]
) -> None:
    try:
        answers.put((call(), None))
    except BaseException as error:  # whatever it is, it belongs to the one who waits
        answers.put((None, error))
