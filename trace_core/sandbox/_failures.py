"""What went wrong with the code, as exceptions that the recording of calls understands."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

_PLAIN = (
    ArithmeticError, AssertionError, AttributeError, ImportError, IndexError, KeyError,
    LookupError, MemoryError, NameError, NotImplementedError, OSError, OverflowError,
    RecursionError, RuntimeError, SyntaxError, TimeoutError, TypeError, UnboundLocalError,
    ValueError, ZeroDivisionError,
)  # fmt: skip
_BUILTIN = {kind.__name__: kind for kind in _PLAIN}
_ENDINGS = frozenset({"TimeoutError", "MemoryError", "ProcessEnded"})
_NAME = re.compile(r"[A-Za-z_]\w{0,60}")


class ProposalError(Exception):
    """Code in a sandbox failed. Its class has the name of the exception there.

    Attributes:
        code_line: the line of the code, counted from 1, or None.
        printed: the beginning of what the code had printed.
    """

    code_line: int | None = None
    printed: str = ""

    def __init__(self, message: str) -> None:
        Exception.__init__(self, message)
        self._message = message

    def __str__(self) -> str:
        return self._message


def failure(kind: str, message: str, line: Any = None, printed: str = "") -> ProposalError:
    """The error to raise for an exception in a worker, which `except` clauses know by its type."""
    error = _kind(kind if _NAME.fullmatch(kind) else "Exception")(message)
    error.code_line = line if type(line) is int else None
    error.printed = printed
    return error


@lru_cache(maxsize=256)
def _kind(name: str) -> type[ProposalError]:
    base = _BUILTIN.get(name, Exception)
    bases = (ProposalError,) if base is Exception else (ProposalError, base)
    return type(name, bases, {"__module__": __name__, "__doc__": ProposalError.__doc__})


def was_stopped(error: BaseException) -> bool:
    """Whether the code behind an `ExecutionError` was ended from outside, which costs a worker."""
    return type(error.__cause__).__name__ in _ENDINGS
