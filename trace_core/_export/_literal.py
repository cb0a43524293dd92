"""Values as Python expressions."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any


def literal(value: Any) -> str:
    """An expression that evaluates to the value; arrays call `numpy`, which must be imported.

    Raises:
        TypeError: there is none.
    """
    kind = type(value)
    if kind is float and not math.isfinite(value):
        return f'float("{value}")'
    if value is None or kind in (bool, int, float, str, bytes):
        return repr(value)
    if kind is complex:
        return f"complex({literal(value.real)}, {literal(value.imag)})"
    if kind is dict:
        return "{" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in value.items()) + "}"
    if kind in _WRITTEN:
        return _WRITTEN[kind](_items(value))
    return _array(value)


def _items(values: Any) -> list[str]:
    ordered = sorted(values, key=repr) if isinstance(values, (set, frozenset)) else values
    return [literal(each) for each in ordered]


_WRITTEN: dict[type, Callable[[list[str]], str]] = {
    list: lambda items: f"[{', '.join(items)}]",
    tuple: lambda items: f"({', '.join(items)}{',' * (len(items) == 1)})",
    set: lambda items: f"{{{', '.join(items)}}}" if items else "set()",
    frozenset: lambda items: f"frozenset([{', '.join(items)}])",
}


def _array(value: Any) -> str:
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(value, (numpy.ndarray, numpy.generic)):
        raise TypeError(f"a {type(value).__name__} can't be written as Python")
    if value.dtype.kind not in "biufcUS":
        raise TypeError(f"an array of {value.dtype} can't be written as Python")
    if isinstance(value, numpy.generic):
        return f"numpy.{type(value).__name__}({literal(value.item())})"
    return f"numpy.array({literal(value.tolist())}, dtype={str(value.dtype)!r})"
