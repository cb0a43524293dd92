"""Any value as JSON data: what run folders hold."""

from __future__ import annotations

import math
from collections.abc import Mapping, Set
from typing import Any

LONGEST_INT_BITS = 4096
"""JSON readers refuse integers of thousands of digits, which LLM-written code can make."""


def plain(value: Any) -> Any:
    """Return `value` as JSON data.

    Numbers that JSON lacks become the strings "NaN", "Infinity" and "-Infinity"; arrays and tensors
    become nested lists; what has no such form, or is nested too deeply for it, becomes a text.
    """
    try:
        return _plain(value)
    except RecursionError:
        return f"<{type(value).__qualname__}, nested too deeply>"


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value) if value.bit_length() <= LONGEST_INT_BITS else _text_of_int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else _infinite(value)
    if isinstance(value, str):
        # JSON texts may hold half a surrogate pair (an LLM's "\\ud800"), which UTF-8 lacks.
        return value.encode("utf-8", "backslashreplace").decode()
    return _container(value)


def _text_of_int(value: int) -> str:
    return f"an integer of {value.bit_length()} bits"


def _infinite(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _container(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_plain(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, Set):
        return sorted((_plain(item) for item in value), key=repr)
    if hasattr(value, "tolist"):  # numpy and torch, without importing them
        listed = value.tolist()
        return _text(value) if type(listed) is type(value) else _plain(listed)  # a longdouble
    return _text(value)


def _text(value: Any) -> str:
    # The default repr holds an address, which differs from process to process: a resumed run
    # compares its rows with the recorded ones.
    if "__repr__" not in {name for cls in type(value).__mro__[:-1] for name in vars(cls)}:
        return f"<{type(value).__qualname__}>"
    return repr(value)
