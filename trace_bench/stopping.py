"""Ctrl-C where it does not reach by itself: runs in threads, and processes that ignore it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from trace_core.llm import cancellable

_wanted = threading.Event()


@contextmanager
def stoppable() -> Iterator[Callable[[], None]]:
    """Yield a function that makes every run of this process stop, in whichever thread it is.

    A run stops after the iteration under way, or at once where it waits for an LLM.
    """
    global _wanted
    before, _wanted = _wanted, threading.Event()
    with cancellable() as call_off:

        def stop() -> None:
            _wanted.set()
            call_off()

        try:
            yield stop
        finally:
            _wanted = before


def raise_if_stopping() -> None:
    """Raise KeyboardInterrupt if the runs of this process are to stop."""
    if _wanted.is_set():
        raise KeyboardInterrupt


def let_children_hear() -> None:
    """Let processes that are started from now on hear SIGINT, by which they are stopped.

    A shell makes what it starts in the background ignore it, and children inherit that, but not
    that this process goes on ignoring it. Only the main thread can arrange that; others leave it.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, _ignore)


def _ignore(number: int, frame: FrameType | None) -> None:
    pass
