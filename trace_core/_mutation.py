"""Inputs that a bundle's body changes in place: found by looking at them before and after.

The trace shows an input as it was when the operator ran. A body that changes it makes the trace
tell a lie, and every other operator with that input, too (the paper's §3.2 asks for a copy).
"""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from operator import is_
from types import CoroutineType
from typing import Any

from ._errors import TraceError, UserError
from ._record import Record

VARIABLE = "TRACE_CORE_CHECK_INPUTS"


class InputChangedError(TraceError):
    """A bundle changed one of its inputs in place."""


def _from_environment(value: str) -> bool:
    if value not in ("", "0", "1"):
        raise UserError(f"{VARIABLE}={value!r}; it takes 0 or 1")
    return value == "1"


armed = _from_environment(os.environ.get(VARIABLE, ""))
"""False as long as nobody has asked for checks; then a call does not even look at the context."""
_CHECKS: ContextVar[bool] = ContextVar("trace_core_check_inputs", default=armed)


@contextmanager
def check_inputs(on: bool = True) -> Iterator[None]:
    """Find bundles that change an input in place, within this thread or asyncio task.

    Looked at are lists, dicts, sets, deques and bytearrays, nested ones too, and NumPy arrays.
    Everywhere and always, if the environment has TRACE_CORE_CHECK_INPUTS=1.

    >>> from trace_core import bundle, check_inputs
    >>> @bundle
    ... def longer(items):
    ...     items.append(1)
    ...     return items
    >>> with check_inputs():
    ...     try:
    ...         longer([0])
    ...     except InputChangedError as error:
    ...         print(str(error)[:42])
    longer changed its input 'items' in place,
    """
    global armed
    armed = armed or on
    token = _CHECKS.set(on)
    try:
        yield
    finally:
        _CHECKS.reset(token)


def watched(
    function: Callable[..., Any], name: str, names: Sequence[str], inputs: Sequence[Record[Any]]
) -> Callable[..., Any]:
    """The function, or if checks are on here one that fails if it has changed an input."""
    if not _CHECKS.get():
        return function
    before = [_Snapshot(each._data) for each in inputs]

    def unchanged(result: Any) -> Any:
        for argument, snapshot in zip(names, before, strict=False):
            if snapshot.differs():
                raise InputChangedError(
                    f"{name} changed its input {argument!r} in place, so the trace shows a value "
                    "that the operator never had. Change a copy, and return that."
                )
        return result

    async def later(coroutine: Any) -> Any:
        return unchanged(await coroutine)

    def run(*values: Any) -> Any:
        result = function(*values)
        return later(result) if isinstance(result, CoroutineType) else unchanged(result)

    return run


class _Snapshot:
    """What a value's containers and arrays held: references for containers, hashes for arrays."""

    def __init__(self, value: Any) -> None:
        self.parts: list[tuple[Any, Any]] = []
        seen: set[int] = set()
        stack = [value]
        while stack:
            item = stack.pop()
            content = _content(item)
            if content is None or id(item) in seen:
                continue
            seen.add(id(item))
            self.parts.append((item, content))
            stack += content if isinstance(content, list) else ()

    def differs(self) -> bool:
        """Whether one of them holds something else now."""
        return any(_other(before, _content(item)) for item, before in self.parts)


def _content(item: Any) -> Any:
    """What can change in an object, for one level; None if nothing can or we can't know."""
    if isinstance(item, dict):
        return [*item.keys(), *item.values()]
    if isinstance(item, (list, tuple, deque)):
        return list(item)
    if isinstance(item, set):
        return frozenset(item)
    if isinstance(item, bytearray):
        return bytes(item)
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(item, numpy.ndarray):
        return item.shape, str(item.dtype), hash(item.tobytes())
    return None


def _other(before: Any, after: Any) -> bool:
    if isinstance(before, list):
        # by identity: comparing values could be slow, or fail
        return len(before) != len(after) or not all(map(is_, before, after))
    return bool(before != after)
