"""What an object's parameters have learnt, and where in it they are."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any

from trace_core._bundle import Bundle
from trace_core._collections import Map, Seq
from trace_core._containers import METHODS, NodeContainer
from trace_core._errors import UserError
from trace_core._node import ParameterNode

from ._literal import literal


def learnt_value(item: Any) -> str | None:
    """The value of a parameter, or of a collection that holds parameters only; None for others."""
    if isinstance(item, ParameterNode):
        return _written(item)
    inner = list(item.values()) if type(item) is dict else item
    if type(inner) not in (list, tuple, Seq) or not all(
        isinstance(i, ParameterNode) for i in inner
    ):
        return None
    for each in inner:
        _written(each)
    plain = [each._data for each in inner]
    if type(item) is dict:
        return literal(dict(zip(item, plain, strict=True)))
    return literal(tuple(plain) if type(item) is tuple else plain) if plain else None


def parameters_at(owner: Any, done: Container[str]) -> Iterator[tuple[str, str]]:
    """(place, value) of each parameter: what to assign where, in the words of a method.

    Args:
        owner: the object.
        done: places to leave out.

    Raises:
        UserError: a parameter is where nothing can be assigned.
    """
    seen: dict[int, Any] = {}
    stack: list[tuple[str, Any]] = [("self", owner)]
    while stack:
        place, item = stack.pop()
        if id(item) in seen:
            continue
        seen[id(item)] = item
        inside = [(place + inner, each) for inner, each in _places(item)]
        for there, each in inside:
            if isinstance(each, ParameterNode) and there not in done:
                if isinstance(item, (tuple, set, frozenset)):
                    raise UserError(f"{place} is a {type(item).__name__}, which can't be changed")
                yield there, _written(each)
        stack += [pair for pair in reversed(inside) if pair[0] not in done]


def instances(owner: Any) -> list[tuple[str, Any]]:
    """(place, object) for the objects that hold nodes, the owner first."""
    found, seen = [], {}
    stack: list[tuple[str, Any]] = [("self", owner)]
    while stack:
        place, item = stack.pop()
        if id(item) in seen:
            continue
        seen[id(item)] = item
        if isinstance(item, NodeContainer):
            found.append((place, item))
        stack += [(place + inner, each) for inner, each in reversed(list(_places(item)))]
    return found


def _places(item: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(item, (list, tuple, Seq)):
        yield from ((f"[{i}]", each) for i, each in enumerate(item))
    elif isinstance(item, (dict, Map)):
        pairs = ((getattr(k, "_data", k), each) for k, each in item.items())
        yield from ((f"[{key!r}]", each) for key, each in pairs)
    elif isinstance(item, (set, frozenset)):
        yield from (("", each) for each in item)
    elif isinstance(item, NodeContainer) and not isinstance(item, Bundle):
        yield from ((f".{k}", each) for k, each in vars(item).items() if k != METHODS)


def _written(parameter: ParameterNode[Any]) -> str:
    try:
        return literal(parameter._data)
    except TypeError as error:
        raise UserError(f"the parameter {parameter.name} can't be exported: {error}") from error
