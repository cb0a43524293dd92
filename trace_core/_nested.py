"""Nodes inside lists, tuples, sets, dicts and slices, and in what classes derive from those."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from types import NoneType
from typing import Any

from ._errors import TraceError
from ._record import Record
from ._state import is_lasting

ATOMS = frozenset({bool, bytes, complex, float, int, NoneType, str})
"""Types whose values hold no nodes: no need to look."""
CONTAINERS = (dict, list, tuple, set, frozenset, deque, slice)


class _Kinds(dict[type, type | None]):
    """By class, which of the containers it is or extends: None if values are taken as a whole.

    So are objects with parameters of their own (`NodeContainer`), which may extend one.
    """

    def __missing__(self, cls: type) -> type | None:
        kind = None
        if issubclass(cls, CONTAINERS) and not hasattr(cls, "named_nodes"):
            kind = next(each for each in CONTAINERS if issubclass(cls, each))
        if is_lasting(cls):
            self[cls] = kind
        return kind


KINDS = _Kinds()


def contents(container: Any) -> list[Any]:
    """What may be nodes in it: the keys of a dict first, then its values."""
    if isinstance(container, dict):
        return [*container.keys(), *container.values()]
    if isinstance(container, slice):
        return [container.start, container.stop, container.step]
    return list(container)


def alike(model: Any, items: Iterable[Any]) -> Any:
    """A container of the model's class that holds other items: for a dict, its pairs."""
    cls = model.__class__
    if cls is slice:
        return slice(*items)
    if hasattr(cls, "_make"):  # a named tuple
        return cls._make(items)
    if (cls in CONTAINERS and cls is not deque) or isinstance(model, (tuple, frozenset)):
        return cls(items)
    twin = copy.copy(model)  # with a deque's maximum length, a defaultdict's default
    twin.clear()
    if isinstance(twin, dict):
        twin.update(dict(items))
    else:
        (twin.update if isinstance(twin, set) else twin.extend)(items)
    return twin


def holds_nodes(value: object) -> bool:
    """True if it is a node, or one is somewhere inside nested containers."""
    if isinstance(value, Record):
        return True
    if KINDS[value.__class__] is None or ATOMS.issuperset(map(type, contents(value))):
        return False  # nearly always, so without the search
    return next(nodes_in(value), None) is not None


def nodes_in(value: object) -> Iterator[Any]:
    """The node that the value is, or those inside such containers."""
    seen: set[int] = set()
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, Record):
            yield item
        elif KINDS[item.__class__] is not None and id(item) not in seen:
            seen.add(id(item))
            items = contents(item)
            if not ATOMS.issuperset(map(type, items)):  # data may be long
                stack.extend(items)


def unwrap(value: Any) -> Any:
    """The value with every node inside nested containers replaced by its data."""
    if isinstance(value, Record):
        return value.data  # type: ignore[attr-defined]
    if KINDS[value.__class__] is None or not holds_nodes(value):
        return value
    return without_cycles(_unwrap_container, value)


def _unwrap_container(value: Any) -> Any:
    if isinstance(value, dict):
        return alike(value, [(unwrap(k), unwrap(v)) for k, v in value.items()])
    return alike(value, map(unwrap, contents(value)))


def without_cycles(function: Callable[[Any], Any], value: Any) -> Any:
    """`function(value)`; a TraceError if a container holds itself."""
    try:
        return function(value)
    except RecursionError:
        raise TraceError("a container of nodes is cyclic, or nested too deeply") from None


def equal(one: Any, other: Any) -> bool:
    """Whether two values are equal as wholes: arrays and tables compare item by item."""
    shapes = [getattr(each, "shape", None) for each in (one, other)]
    if other is None or (None not in shapes and shapes[0] != shapes[1]):
        return one is other
    same: Any = one == other
    while getattr(same, "shape", ()):  # of a table, then of its columns
        same = same.all()
    return bool(same)
