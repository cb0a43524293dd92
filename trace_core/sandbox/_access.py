"""What code in a sandbox may touch of the host's objects.

`self`, and any other argument that is not data, crosses as a stand-in. Through it the code reads
attributes that are plain data and calls methods marked with `on_host`; the rest is refused.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from types import MemberDescriptorType
from typing import Any, TypeVar

from trace_core._errors import TraceMissingInputsError, UserError
from trace_core._nested import unwrap
from trace_core._node import Node

from ._worker.wire import TAG

F = TypeVar("F", bound=Callable[..., Any])
MARK = "__on_host__"
DATA = "__sandbox_data__"
READS = 10_000
"""Attributes that a call may fetch."""

IN_CALLBACK: ContextVar[bool] = ContextVar("trace_core_in_callback", default=False)
"""True while a function of the host runs for code in a sandbox."""


def on_host(function: F) -> F:
    """Let code in a sandbox call this function, method or bundle. It runs here, with all rights.

    What the code passes is whatever a model thought of: check it.

    >>> from trace_core import Module, bundle
    >>> class Solver(Module):
    ...     @on_host
    ...     def call_llm(self, prompt: str) -> str:
    ...         return "..."
    ...     @bundle(trainable=True)
    ...     def answer(self, question):
    ...         return self.call_llm(question)
    """
    setattr(function, MARK, True)
    return function


def is_on_host(value: object) -> bool:
    """True if a function, method or bundle is marked."""
    inner = getattr(value, "__func__", value)
    return callable(inner) and getattr(inner, MARK, False) is True


class Refused(Exception):
    """The code touched what it may not."""


@dataclass(frozen=True, slots=True)
class Method:
    """A marked method of an object that the code holds a stand-in of."""

    handle: int
    name: str
    function: Any


class Access:
    """One call's view of the host: its stand-ins by handle, and what is left to ask for."""

    def __init__(self, calls: int, functions: dict[str, Any]) -> None:
        self.objects: list[Any] = []
        self.functions = functions
        self.most = self.calls = calls
        self.reads = READS

    def argument(self, value: Any) -> dict[str, Any]:
        """The JSON data of an argument that is not data."""
        if is_on_host(value):
            return self._function(None, _name_in(self.functions, value), value)
        return self._stand_in(value)

    def answer(self, value: Any) -> dict[str, Any]:
        """The JSON data of an attribute or a result that is not data: nodes and marked functions.

        Raises:
            TypeError: it is something else.
        """
        if isinstance(value, Method):
            return self._function(value.handle, value.name, value.function)
        if isinstance(value, Node):
            return self._stand_in(value)
        raise TypeError(f"a {type(value).__name__} is not data and stays on the host")

    def _function(self, handle: int | None, name: str, function: Any) -> dict[str, Any]:
        inner = getattr(function, "__func__", function)
        inner = getattr(inner, "function", inner)  # a bundle's
        is_async = inspect.iscoroutinefunction(inner)
        return {TAG: "function", "on": handle, "name": name, "async": is_async}

    def _stand_in(self, value: Any) -> dict[str, Any]:
        places = [i for i, known in enumerate(self.objects) if known is value]
        if not places:
            self.objects.append(value)
        handle = places[0] if places else len(self.objects) - 1
        return {TAG: "host", "id": handle, "kind": type(value).__name__}

    def resolve(self, found: dict[str, Any]) -> Any:
        """The object that a frame of the worker's points at: the code gave back what it got."""
        if found[TAG] != "host" or type(found["id"]) is not int or found["id"] < 0:
            raise ValueError("no such tag")
        return self.objects[found["id"]]

    def get(self, handle: int, name: str) -> Any:
        """The attribute, or a `Method`.

        Raises:
            Refused: there is none, or it may not be seen.
        """
        self.reads -= 1
        if self.reads < 0:
            raise Refused(f"a call may read {READS} attributes")
        item = self.objects[handle]
        if isinstance(item, Node):
            if name != "data":
                raise Refused("of a node only .data can be read")
            return item.data
        static = inspect.getattr_static(type(item), name, None)
        if is_on_host(static):
            return Method(handle, name, static)
        return self._data(item, name, static)

    def _data(self, item: Any, name: str, static: Any) -> Any:
        declared = getattr(type(item), DATA, None)
        if declared is not None:
            if name in declared:
                return getattr(item, name)
        elif not name.startswith("_"):
            own = getattr(item, "__dict__", {})
            if isinstance(static, MemberDescriptorType):
                return getattr(item, name)
            if name in own and not hasattr(type(static), "__set__"):
                return own[name]
            if static is not None and not hasattr(static, "__get__"):
                return static
        raise Refused(f"{type(item).__name__} offers this code no {name!r}; {self._offer(item)}")

    def _offer(self, item: Any) -> str:
        own = getattr(item, "__dict__", {})
        data = getattr(type(item), DATA, None)
        if data is None:
            data = [name for name in own if not name.startswith("_")]
        calls = [f"{n}()" for n in dir(type(item)) if is_on_host(_static(item, n))]
        return f"it offers {', '.join([*data, *calls]) or 'nothing'}"

    def invoke(self, handle: int | None, name: str, args: list[Any], keywords: Any) -> Any:
        """Call a function of the host's.

        Raises:
            Refused: it is not marked, or was called too often.
        """
        self.calls -= 1
        if self.calls < 0:
            raise Refused(f"a call may call functions of the host {self.most} times")
        if handle is None:
            function = self.functions[name]
        else:
            if not is_on_host(_static(self.objects[handle], name)):
                raise Refused(f"{name!r} cannot be called from here")
            function = getattr(self.objects[handle], name)
        token = IN_CALLBACK.set(True)
        try:
            return unwrap(_awaited(function(*args, **keywords)))
        finally:
            IN_CALLBACK.reset(token)


def _static(item: Any, name: str) -> Any:
    return inspect.getattr_static(type(item), name, None)


def _name_in(functions: dict[str, Any], value: Any) -> str:
    for name, known in functions.items():
        if known is value:
            return name
    name = f"function {len(functions)}"
    functions[name] = value
    return name


def _awaited(value: Any) -> Any:
    """What an async function of the host's returns; its caller runs in a thread without a loop."""
    if not inspect.iscoroutine(value):
        return value
    import asyncio

    return asyncio.run(value)


PASSED_ON = (UserError, TraceMissingInputsError)
"""Failures of a system: they go through the code to whoever called it."""
