"""How values, constraints and feedback are printed for an LLM."""

from __future__ import annotations

import re
from typing import Any

from trace_core._binding import CODE
from trace_core._errors import safe_repr
from trace_core._node import ExceptionNode, Node, ParameterNode


def show(value: Any) -> str:
    """A value as prompts print it: floats with six significant digits, so that prompts are stable.

    Addresses are left out: they are no two runs' the same. Never an error.
    """
    try:
        return _show(value)
    except Exception:  # a value that holds itself, or whose repr fails
        return _without_addresses(safe_repr(value))


def _show(value: Any) -> str:
    value = as_python(value)
    if isinstance(value, float):
        return format(value, ".6g") if value % 1 or abs(value) >= 1e16 else f"{value:.1f}"
    if isinstance(value, (list, tuple)):
        inner = ", ".join(map(_show, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' * (len(value) == 1)})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_show(k)}: {_show(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (set, frozenset)) and value:  # which have another order in each process
        inner = ", ".join(sorted(map(_show, value)))
        return f"{{{inner}}}" if isinstance(value, set) else f"frozenset({{{inner}}})"
    return _without_addresses(repr(value))


def as_python(value: Any) -> Any:
    """A NumPy scalar as the Python value that it is; anything else as it is."""
    if type(value).__module__ != "numpy" or hasattr(value, "__len__"):  # arrays and texts
        return value
    plain = value.item() if hasattr(value, "item") else value
    return value if type(plain).__module__ == "numpy" else plain  # Python has no long double


def _without_addresses(text: str) -> str:
    return re.sub(r" at 0x[0-9a-fA-F]+", "", text)


def is_code(node: Node[Any]) -> bool:
    """Whether it is a parameter whose value is the source of a function."""
    return isinstance(node, ParameterNode) and node.base_name == CODE


def is_number(value: Any) -> bool:
    """Whether it is a plain number; True and False are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def value_text(node: Node[Any]) -> str:
    """The value without its type and name; a failure with the place where it happened."""
    if isinstance(node, ExceptionNode):
        return node.create_feedback("full")
    return node._data if isinstance(node._data, str) else show(node._data)


def type_text(node: Node[Any]) -> str:
    """What stands in brackets before a name."""
    if is_code(node):
        return "code"
    return "error" if isinstance(node, ExceptionNode) else type(node._data).__name__


def described(node: Node[Any], name: str, text: str) -> str:
    """A line of a section: "(float) x0=1.5", or code below its name."""
    return f"({type_text(node)}) {name}{':' + chr(10) if is_code(node) else '='}{text}"


def shorten(text: str, longest: int | None) -> str:
    """The text, or its two ends with a note of how much is missing between them."""
    if longest is None or len(text) <= longest:
        return text
    half = longest // 2
    return f"{text[:half]} [... {len(text) - 2 * half} characters ...] {text[-half:]}"
