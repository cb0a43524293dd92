"""How a call's arguments become named inputs, worked out once for each function."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import FunctionType, MethodType
from typing import Any

_PLAIN = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_SIGNED = (FunctionType, MethodType, type, partial)
CODE = "__code"
"""The name of the input that a code parameter is."""


@dataclass(frozen=True, slots=True)
class Form:
    """How values go back into a call: the first by place, the others by these keywords."""

    positional: int
    keywords: tuple[str, ...]

    def adapt(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function of all values by place that calls `function` in this form."""

        def call(*values: Any) -> Any:
            named = dict(zip(self.keywords, values[self.positional :], strict=True))
            return function(*values[: self.positional], **named)

        return call


class Binder:
    """Binds calls to one signature: defaults are inputs too, var-positional ones `args_0`, ....

    Attributes:
        names: the parameters.
        arity: how many values go by place; -1, no call's number of arguments, if some can't.
    """

    __slots__ = ("_default", "_defaults", "_positional_only", "arity", "names", "signature")

    def __init__(self, function: Callable[..., Any]) -> None:
        self.signature = _signature(function)
        parameters = self.signature.parameters.values()
        self.names = tuple(self.signature.parameters)
        self.arity = len(self.names) if all(p.kind in _PLAIN for p in parameters) else -1
        self._default = {p.name: p.default for p in parameters if p.default is not p.empty}
        self._defaults = tuple(self._default.values())
        self._positional_only = any(p.kind is p.POSITIONAL_ONLY for p in parameters)

    def bind(
        self, args: tuple[Any, ...], keywords: dict[str, Any]
    ) -> tuple[tuple[str, ...], tuple[Any, ...], Form | None]:
        """Take a call apart: names and values of the inputs; no form if all go by place.

        Raises:
            TypeError: the arguments do not fit the signature.
        """
        missing = self.arity - len(args)
        if not keywords and 0 <= missing <= len(self._defaults):
            return self.names, args + self._defaults[len(self._defaults) - missing :], None
        values = self._by_name(args, keywords)
        if values is not None:
            return self.names, values, None
        bound = self.signature.bind(*args, **keywords)
        bound.apply_defaults()
        if self.arity >= 0:
            return self.names, tuple(bound.arguments.values()), None
        return self._expand(bound.arguments)

    def _by_name(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[Any, ...] | None:
        """The values of a usual call, much faster than by `Signature.bind`; None for others."""
        if self._positional_only or len(args) > self.arity:
            return None
        rest = self.names[len(args) :]
        given = {**self._default, **keywords}
        if not (keywords.keys() <= set(rest) and given.keys() >= set(rest)):
            return None
        return args + tuple([given[name] for name in rest])

    def _expand(
        self, arguments: dict[str, Any]
    ) -> tuple[tuple[str, ...], tuple[Any, ...], Form | None]:
        placed: list[tuple[str, Any]] = []
        named: list[tuple[str, Any]] = []
        keys: list[str] = []
        taken = {CODE, *self.names}
        for name, parameter in self.signature.parameters.items():
            value = arguments[name]
            if parameter.kind is parameter.VAR_POSITIONAL:
                placed += [(unused(f"{name}_{i}", taken), item) for i, item in enumerate(value)]
            elif parameter.kind is parameter.VAR_KEYWORD:
                # `def f(x, /, **more)` may be called with x=… as one of `more`
                named += [(unused(key, taken, name), item) for key, item in value.items()]
                keys += value
            elif parameter.kind is parameter.KEYWORD_ONLY:
                named.append((name, value))
                keys.append(name)
            else:
                placed.append((name, value))
        inputs = [*placed, *named]
        form = Form(len(placed), tuple(keys))
        return tuple(name for name, _ in inputs), tuple(value for _, value in inputs), form


def unused(name: str, taken: set[str], prefix: str = "") -> str:
    """Take `name`, or if it is taken one with `prefix` before it or "_" behind it."""
    if name in taken and prefix:
        name = f"{prefix}_{name}"
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    """The function's; for functions in C any, where they have none or defaults of no use."""
    anything = inspect.signature(lambda *args, **kwargs: None)
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return anything
    called = type(function).__call__  # a ufunc's takes no None for what it says is None
    in_c = not isinstance(called, FunctionType) and not isinstance(function, _SIGNED)
    has_defaults = any(p.default is not p.empty for p in signature.parameters.values())
    return anything if in_c and has_defaults else signature
