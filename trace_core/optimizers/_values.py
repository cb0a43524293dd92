"""How values, constraints and feedback are printed for an LLM."""

from __future__ import annotations

from typing import Any

from trace_core._binding import CODE
from trace_core._errors import safe_repr, without_addresses
from trace_core._node import ExceptionNode, Node, ParameterNode


def show(value: Any) -> str:
    """A value as prompts print it: floats with six significant digits, so that prompts are stable.

    Addresses are left out: they are no two runs' the same. Never an error.
    """
    try:
        return _show(value)
    except Exception:  # a value that holds itself, or whose repr fails
        return without_addresses(safe_repr(value))


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
    return without_addresses(repr(value))


def as_python(value: Any) -> Any:
    """A NumPy scalar as the Python value that it is; anything else as it is."""
    if type(value).__module__ != "numpy" or hasattr(value, "__len__"):  # arrays and texts
        return value
    plain = value.item() if hasattr(value, "item") else value
    return value if type(plain).__module__ == "numpy" else plain  # Python has no long double


def is_array(value: Any) -> bool:
    """Whether it is an array of NumPy's, or what is used like one; no number of NumPy's."""
    return hasattr(value, "tolist") and hasattr(value, "shape") and hasattr(value, "__setitem__")


def same(new: Any, old: Any) -> bool:
    """Whether two values are equal, exactly. Never an error."""
    try:
        return _same(new, old)
    except Exception:  # whatever the `==` of their type raises
        return show(new) == show(old)


def _same(new: Any, old: Any) -> bool:
    if is_array(new) or is_array(old):
        return _same_array(new, old)
    if type(new) is type(old) and isinstance(new, (list, tuple)):
        return len(new) == len(old) and all(map(_same, new, old))
    if type(new) is type(old) and isinstance(new, dict):
        return new.keys() == old.keys() and all(_same(new[key], old[key]) for key in new)
    return bool(new == old)


def _same_array(new: Any, old: Any) -> bool:
    """Also of the same shape and type; NaN is itself, or else it would be new in every step."""
    if type(new) is not type(old) or new.shape != old.shape or new.dtype != old.dtype:
        return False
    return bool(((new == old) | ((new != new) & (old != old))).all())


def is_code(node: Node[Any]) -> bool:
    """Whether it is a parameter whose value is the source of a function."""
    return isinstance(node, ParameterNode) and node.base_name == CODE


def is_number(value: Any) -> bool:
    """Whether it is a plain number; True and False are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def value_text(node: Node[Any]) -> str:
    """The value without its type and name; a failure with the place where it happened."""
    if isinstance(node, ExceptionNode):
        return without_addresses(node.create_feedback("full"))
    if isinstance(node._data, str):
        is_given = isinstance(node, ParameterNode)  # and may be repeated as it is
        return node._data if is_given else without_addresses(node._data)
    return show(node._data)


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
