"""How a call's arguments become named inputs, worked out once for each function."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_PLAIN = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


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

    def bind(
        self, args: tuple[Any, ...], keywords: dict[str, Any]
    ) -> tuple[tuple[str, ...], tuple[Any, ...], Form | None]:
        """Take a call apart: names and values of the inputs; no form if all go by place.

        Raises:
            TypeError: the arguments do not fit the signature.
        """
        if not keywords and len(args) == self.arity:
            return self.names, args, None
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
        return (*placed, *named), values, Form(len(placed), tuple(keys))
