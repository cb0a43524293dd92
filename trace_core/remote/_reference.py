"""Functions and bundles by name: what a worker imports rather than receives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib import import_module
from inspect import getattr_static
from types import CodeType, FunctionType, MethodType
from typing import Any

from trace_core import _pickling
from trace_core._bundle import Bundle
from trace_core._containers import CodeContainer, _trainable_methods, _under_super, bundle_in
from trace_core._node import ParameterNode


def is_named(function: Callable[..., Any]) -> bool:
    """Whether the function, or a bundle made from it, is what its name leads to."""
    item = _at(function)
    return item is function or is_undecorated(function)


def is_undecorated(function: Callable[..., Any]) -> bool:
    """Whether the name of the function leads to a bundle made from it."""
    bundle = bundle_in(_at(function))
    return bundle is not None and bundle.function is function


def _at(function: Callable[..., Any]) -> Any:
    try:
        item: Any = import_module(function.__module__)
        for part in function.__qualname__.split("."):
            item = getattr_static(item, part)
    except (AttributeError, ImportError, ValueError):
        return None
    return item


def undecorated(module: str, name: str) -> Callable[..., Any]:
    """The function that a bundle was made from."""
    return _pickling.find(module, name).function


def name_of(bundle: Bundle) -> tuple[str, str, bool]:
    """Module and name, and whether it is an object's own copy of the bundle there.

    Raises:
        PicklingError: it can't be found by name.
    """
    make, (origin, what) = _pickling.reduce(bundle)
    if make is _pickling.find:
        return origin, what, False
    _, (module, name) = _pickling.reduce(origin)
    return module, name, True


def mirror(module: str, name: str, parameter: ParameterNode[Any]) -> Any:
    """A worker's own bundle, after it has taken over the caller's code parameter."""
    bundle = _pickling.find(module, name)
    bundle.parameter = parameter
    return bundle


def copy_of(module: str, name: str, parameter: ParameterNode[Any]) -> Any:
    """One object's copy of a trainable method."""
    return _pickling.copy_of(_pickling.find(module, name), parameter)


def touch_methods(item: object) -> None:
    """Let an object make its own copies of its trainable methods, which it does on first use."""
    for bundle in _methods_of(type(item)):  # type: ignore[arg-type]  # classes are hashable
        bundle.of(item)


@lru_cache(maxsize=1024)
def _methods_of(cls: type) -> list[CodeContainer]:
    return list((_trainable_methods(cls) | _under_super(cls)).values())


def trainable_bundles(function: Callable[..., Any]) -> list[Bundle]:
    """The trainable bundles that a function names, and that the functions it names do.

    Only functions of the same package are followed: others do not know of the caller's bundles.
    """
    found: list[Bundle] = []
    stack: list[Any] = [function]
    seen: set[int] = set()
    while stack:
        item = stack.pop()
        if isinstance(item, Bundle) and item.trainable and id(item) not in seen:
            found.append(item)
        body = item.function if isinstance(item, Bundle) else item
        body = body.__func__ if isinstance(body, MethodType) else body
        new = id(item) not in seen
        seen.add(id(item))
        if new and isinstance(body, FunctionType) and _package(body) == _package(function):
            stack += [each for each in _named_in(body) if isinstance(each, (Bundle, FunctionType))]
    return found


def _package(item: Any) -> str:
    return str(getattr(item, "__module__", "")).split(".")[0]


def _named_in(function: FunctionType) -> Iterator[Any]:
    codes = [function.__code__]
    while codes:
        code = codes.pop()
        codes += [each for each in code.co_consts if isinstance(each, CodeType)]
        yield from (function.__globals__.get(name) for name in code.co_names)
