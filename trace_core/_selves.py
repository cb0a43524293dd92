"""One node for the object whose methods are called, so that the trace shows it as the same one."""

from __future__ import annotations

from typing import Any
from weakref import WeakValueDictionary

from ._node import Node
from ._record import Record, make
from ._state import COUNTERS, Mode

NAME = "self"
"""The first parameter of what is called as a method."""
_known: WeakValueDictionary[int, Node[Any]] = WeakValueDictionary()  # by `id` of the object


def self_node(owner: Any, mode: Mode | None) -> Any:
    """The node that the object has, as long as some graph has it.

    Inside a body that is the input whose value it is, for the body's other nodes are its own.
    """
    if isinstance(owner, Record):
        return owner
    if mode is not None:
        for each in getattr(mode, "inputs", ()):
            if each._data is owner:
                return each
        return _made(owner)
    found = _known.get(id(owner))
    if found is None or found._data is not owner:
        found = _known[id(owner)] = _made(owner)
    return found


def _made(owner: Any) -> Any:
    """A node of the object itself; `wrap` would copy a collection that holds nodes."""
    return make(Node, owner, NAME, COUNTERS[NAME])
