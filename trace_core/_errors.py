"""The errors that reach people: what failed, and what to do about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._node import ExceptionNode


class UserError(Exception):
    """Something the user can put right. Shown as one line, without a traceback; exit code 2."""


class TraceError(Exception):
    """Root of the errors that tracing itself raises."""


class UntracedError(TraceError, TypeError):
    """Python can do that with a node, but no trace would show it: `int(x)`, `x[0] = 1`."""


class ExecutionError(TraceError):
    """An operator failed. The graph ends at `exception_node` (the paper's App. D).

    Call `error.exception_node.backward(feedback)` to let an optimizer learn from the failure;
    the node's data, "(ErrorType) message", is the natural feedback.
    """

    def __init__(self, exception_node: ExceptionNode) -> None:
        super().__init__(exception_node.data)
        self.exception_node = exception_node

    def __reduce__(self) -> tuple[type[ExecutionError], tuple[ExceptionNode]]:
        return type(self), (self.exception_node,)


class TraceMissingInputsError(TraceError):
    """A bundle read the value of a node that is not an input: the graph would lack an edge."""


class BackwardError(TraceError):
    """`backward` was called where it cannot work, for instance twice on one graph."""


def error_text(error: BaseException) -> str:
    """An exception as feedback: "(ErrorType) message", whatever its `__str__` does.

    Without addresses, so that a resumed run is told the same.
    """
    if isinstance(error, ExecutionError):
        return error.exception_node._data  # which says what failed in the first place
    try:
        message = str(error)
    except Exception as broken:  # a broken __str__ of the user's must not hide the error
        message = f"its message could not be read: {type(broken).__name__}"
    return f"({type(error).__name__}) {without_addresses(message)}".rstrip()


def without_addresses(text: str) -> str:
    """The text without the places of objects in memory, which are no two runs' the same."""
    return re.sub(r" at 0x[0-9a-fA-F]+", "", text)


def failed(name: str) -> str:
    """The base name of an exception node, from the operator's."""
    return name if name.startswith("exception") else f"exception_{name}"


def safe_repr(value: object) -> str:
    """`repr`, or what became of it: a value that can't be shown must not stop who shows it."""
    try:
        return repr(value)
    except Exception as error:
        return f"<a {type(value).__name__} whose repr raises {type(error).__name__}>"
