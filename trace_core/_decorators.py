"""Decorators below `@bundle`: they stay around the function when an optimizer rewrites its code."""

from __future__ import annotations

import ast
import functools
import sys
from collections.abc import Callable, Mapping, Sequence
from inspect import CO_OPTIMIZED
from types import FrameType
from typing import Any

from ._errors import UserError

Function = Callable[..., Any]


def locals_around(depth: int) -> dict[str, Any]:
    """The variables of the function in which a bundle is defined; of a module or class none."""
    frame: FrameType | None = sys._getframe(depth + 1)
    while frame is not None and frame.f_code.co_name != "<module>":
        if frame.f_code.co_flags & CO_OPTIMIZED:  # the frame of a function, not of a class
            return dict(frame.f_locals)
        frame = frame.f_back
    return {}


def below(
    decorators: Sequence[str], names: Mapping[str, Any], is_bundle: Callable[[Any], bool]
) -> tuple[str, ...]:
    """Those that stand below the one that makes a bundle; all, if none does."""
    places = [i for i, each in enumerate(decorators) if is_bundle(_named(each, names))]
    return tuple(decorators[places[-1] + 1 if places else 0 :])


def decorate(
    function: Function, decorators: Sequence[str], original: Function, names: Mapping[str, Any]
) -> Function:
    """Put the decorators around `function`, which takes the place of `original`.

    Raises:
        UserError: a decorator can't be found again by its name.
    """
    done: Any = functools.wraps(original)(function)
    for text in reversed(decorators):
        try:
            decorator = eval(text, dict(names))  # the user's own text, which ran once already
        except NameError as error:
            raise UserError(
                f"@{text} of {original.__name__} can't be applied to new code: {error}. Define "
                "the decorator in the module, or above the function."
            ) from error
        done = decorator(done)
        done = getattr(done, "__func__", done)  # of a staticmethod or classmethod
    return done  # type: ignore[no-any-return]


def _named(text: str, names: Mapping[str, Any]) -> Any:
    """What a decorator's name stands for, or the name before its parentheses; None if unknown."""
    item = ast.parse(text, mode="eval").body
    name = ast.unparse(item.func if isinstance(item, ast.Call) else item)
    parts = name.split(".")
    found = names.get(parts[0])
    for part in parts[1:]:
        found = getattr(found, part, None)
    return found
