"""How a call's arguments become named inputs, worked out once for each function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

_PLAIN = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class Bound(NamedTuple):
    """A call taken apart: input names and values, of which the first `positional` go by place."""

    names: tuple[str, ...]
    values: tuple[Any, ...]
    positional: int
    keywords: tuple[str, ...] = ()

    def call(self, function: Callable[..., Any], values: Sequence[Any]) -> Any:
        """Call `function` in the same form with other values."""
        if not self.keywords:
            return function(*values)
        named = dict(zip(self.keywords, values[self.positional :], strict=True))
        return function(*values[: self.positional], **named)


class Binder:
    """Binds calls to one signature: defaults are inputs too, var-positional ones `args_0`, ...."""

    __slots__ = ("arity", "names", "signature")

    def __init__(self, function: Callable[..., Any]) -> None:
        try:
            self.signature = inspect.signature(function)
        except (TypeError, ValueError):  # some C functions have none
            self.signature = inspect.signature(lambda *args, **kwargs: None)
        parameters = self.signature.parameters.values()
        self.names = tuple(self.signature.parameters)
        # -1 is no call's number of arguments: such functions always take the slow way
        self.arity = len(self.names) if all(p.kind in _PLAIN for p in parameters) else -1

    def bind(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> Bound:
        """Take a call apart.

        Raises:
            TypeError: the arguments do not fit the signature.
        """
        if not keywords and len(args) == self.arity:
            return Bound(self.names, args, self.arity)
        bound = self.signature.bind(*args, **keywords)
        bound.apply_defaults()
        placed: dict[str, Any] = {}
        named: dict[str, Any] = {}
        keys: list[str] = []
        for name, parameter in self.signature.parameters.items():
            value = bound.arguments[name]
            if parameter.kind is parameter.VAR_POSITIONAL:
                placed |= {f"{name}_{i}": item for i, item in enumerate(value)}
            elif parameter.kind is parameter.VAR_KEYWORD:
                named |= {(k if k not in placed else f"{name}_{k}"): v for k, v in value.items()}
                keys += value
            elif parameter.kind is parameter.KEYWORD_ONLY:
                named[name] = value
                keys.append(name)
            else:
                placed[name] = value
        values = (*placed.values(), *named.values())
        return Bound((*placed, *named), values, len(placed), tuple(keys))
