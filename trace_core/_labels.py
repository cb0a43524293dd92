"""What parameters are called in prompts, records and tables: the same in every process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator
from itertools import count
from typing import Any

from ._binding import CODE
from ._code import only_function
from ._node import Node, ParameterNode


def label(node: Node[Any]) -> str:
    """The base name; for the code of a function `act`, which is a `__code`, "act_code"."""
    if isinstance(node, ParameterNode) and node.base_name == CODE:
        function = function_of(node)
        return f"{function}_code" if function else "code"
    return node.base_name


def function_of(parameter: ParameterNode[Any]) -> str | None:
    """The name of the function whose code a parameter is."""
    known = (parameter._more or {}).get("function")
    if known is not None:
        return str(known)
    try:
        return only_function(parameter._data)
    except (SyntaxError, TypeError, ValueError):  # a person may put anything into it
        return None


def labels(parameters: Iterable[ParameterNode[Any]]) -> dict[str, ParameterNode[Any]]:
    """Parameters by their labels, numbered where they share one."""
    named = [(label(p), p) for p in parameters]
    numbers = {name: count() for name, n in Counter(name for name, _ in named).items() if n > 1}
    taken = {name for name, _ in named if name not in numbers}
    found: dict[str, ParameterNode[Any]] = {}
    for name, parameter in named:
        own = next_name(name, numbers[name], taken) if name in numbers else name
        found[own] = parameter
        taken.add(own)
    return found


def next_name(base: str, numbers: Iterator[int], taken: Container[str]) -> str:
    """The base name with the next number that makes a new one: "x" and 10 are "x1" and 0, too."""
    return next(name for number in numbers if (name := f"{base}{number}") not in taken)
