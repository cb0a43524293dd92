"""Whose draws these are: what runs at the same time draws from a stream of its own.

Equal requests to an LLM, and equal calls of code that draws random numbers, are told apart by how
often they came before. Within a stream everything comes one after the other, so that this count
does not depend on which thread was faster.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_CURRENT: ContextVar[str] = ContextVar("trace_core_stream", default="")


def current_stream() -> str:
    """The name of this context's stream; "" outside of all."""
    return _CURRENT.get()


@contextmanager
def stream(name: str) -> Iterator[None]:
    """Count draws of this context (thread, task) under `name`.

    Exchanges are listed by the names of their streams: number them with leading zeros.
    """
    token = _CURRENT.set(name)
    try:
        yield
    finally:
        _CURRENT.reset(token)
