"""What is being recorded in this context (thread, task), and how nodes get their names.

Recording state lives in one context variable. Its usual value, None, means "record"; anything else
is a `Mode`, so that an operator pays for one look-up and one comparison.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar, Token
from itertools import count
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from ._node import Node


class Mode(Protocol):
    """Something other than plain recording: tracing is stopped, or a bundle's body runs."""

    bundle: Any

    def read(self, node: Node[Any]) -> None:
        """Take note that somebody looked at the node's data."""

    def use(self, node: Node[Any]) -> None:
        """Take note that the node is an input of an operator."""


class Stopped:
    """No operator leaves a trace.

    Attributes:
        bundle: whose body runs, if it matters to that.
    """

    __slots__ = ("bundle",)

    def __init__(self, bundle: Any = None) -> None:
        self.bundle = bundle

    def read(self, node: Node[Any]) -> None:
        """Anybody may look at any node."""

    use = read


MODE: ContextVar[Mode | None] = ContextVar("trace_core_mode", default=None)
STOPPED = Stopped()


def leave(token: Token[Mode | None]) -> None:
    """Go back to the mode before: for coroutines, which may be closed where it was never set."""
    with suppress(ValueError):
        MODE.reset(token)


@contextmanager
def stop_tracing() -> Iterator[None]:
    """Run operators without recording: their outputs have no parents.

    Nests, and affects only the current thread or asyncio task.

    >>> from trace_core import node, stop_tracing
    >>> with stop_tracing():
    ...     y = node(1) + node(2)
    >>> y.data, y.is_root
    (3, True)
    """
    token = MODE.set(STOPPED)
    try:
        yield
    finally:
        leave(token)


class Counter:
    """Numbers the nodes of one base name; `next` is atomic, so threads share no number."""

    __slots__ = ("next",)

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begin at 0 again."""
        self.next = count().__next__


class _Counters(dict[str, Counter]):
    def __missing__(self, base: str) -> Counter:
        return self.setdefault(base, Counter())  # atomic, unlike a test and a store


class _TypeNames(dict[type, str]):
    """Names of types, kept for those that live as long as the process."""

    def __missing__(self, kind: type) -> str:
        name = kind.__name__
        if is_lasting(kind):  # these build a new string whenever they are asked
            self[kind] = name
        return name


def is_lasting(kind: type) -> bool:
    """Whether a class can't be freed, since no class statement made it."""
    return not kind.__flags__ & _HEAP_TYPE


_HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE
TYPE_NAMES = _TypeNames()
COUNTERS = _Counters()
"""By base name. Operators keep theirs at hand."""
next_serial = count().__next__
"""Creation order over the whole process: a parent's number is below its child's."""


class Graph:
    """Stands for the published library's global graph. Here it only restarts the naming."""

    def clear(self) -> None:
        """Let the next node of each base name be number 0 again. Frees nothing: nothing leaks."""
        for counter in COUNTERS.values():
            counter.restart()


GRAPH = Graph()
