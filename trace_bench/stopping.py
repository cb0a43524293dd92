"""Ctrl-C for runs in threads, which it does not reach by itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

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
