"""Traces as bytes. Nodes are numbered wherever they occur, and their states follow one by one.

So no depth of a graph overflows the stack, and a node that the other side knows is sent as its
number alone: it comes back as that very object.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Sequence
from types import FunctionType
from typing import Any

from trace_core._bundle import Bundle
from trace_core._containers import NodeContainer
from trace_core._errors import failed
from trace_core._node import ExceptionNode, Node, ParameterNode
from trace_core._operator import Operator
from trace_core._pickling import find
from trace_core._record import KEPT, Record, become, derive
from trace_core._state import COUNTERS

from ._reference import (
    copy_of,
    is_named,
    is_undecorated,
    mirror,
    name_of,
    touch_methods,
    undecorated,
)


class Packer(pickle.Pickler):
    """Pickles values with the nodes inside.

    Args:
        nodes: those that the other side knows already.
        objects: containers of nodes that it knows.
        mirrors: trainable bundles at the other side shall take over ours' parameters.

    Attributes:
        nodes: all that were met, by number.
        objects: the containers of nodes that were met and not known.
        mirrored: there was such a bundle.
    """

    def __init__(
        self,
        nodes: Sequence[Node[Any]] = (),
        objects: Sequence[object] = (),
        mirrors: bool = False,
    ) -> None:
        self._stream = io.BytesIO()
        super().__init__(self._stream, protocol=pickle.HIGHEST_PROTOCOL)
        self.nodes = list(nodes)
        self.objects: list[object] = []
        self._sent = len(nodes)
        self._number = {id(node): i for i, node in enumerate(nodes)}
        self._known = {id(each): i for i, each in enumerate(objects)}
        self._kept = objects  # so that no other object gets their ids
        self._mirrors = mirrors
        self.mirrored = False

    def pack(self, value: Any) -> bytes:
        """The value, the state of every node in it or above those, and its containers.

        Raises:
            whatever pickling an object raises, with a note that says where it is.
        """
        self.dump(value)
        while self._sent < len(self.nodes):
            node = self.nodes[self._sent]
            try:
                self.dump(self.state(node))
            except Exception as error:
                error.add_note(f"It is in the value of {node.name}.")
                raise
            self._sent += 1
        self.dump(self.objects)
        return self._stream.getvalue()

    def state(self, node: Node[Any]) -> tuple[Any, ...]:
        """What makes up a node; parents in it are numbers, too."""
        return _kind(node), node._data, node._op, node._parents, node._more, None, node._serial

    def persistent_id(self, item: Any) -> tuple[str, int] | None:
        """The number of a node, or of a container that the other side knows."""
        if isinstance(item, Record):
            if id(item) not in self._number:
                self._number[id(item)] = len(self.nodes)
                self.nodes.append(item)  # type: ignore[arg-type]
            return "node", self._number[id(item)]
        known = self._known.get(id(item))
        return None if known is None else ("object", known)

    def reducer_override(self, item: Any) -> Any:
        """How operators, bundles and their functions are sent: by name where they have one."""
        if isinstance(item, Operator):
            return _operator, _described(item)
        if isinstance(item, Bundle):
            return self._bundle(item)
        if isinstance(item, FunctionType):
            return (undecorated, _name(item)) if is_undecorated(item) else NotImplemented
        if isinstance(item, NodeContainer):
            self.objects.append(item)
        if not isinstance(item, type):
            touch_methods(item)
        return NotImplemented

    def _bundle(self, item: Bundle) -> Any:
        module, name, is_copy = name_of(item)
        if is_copy:
            return copy_of, (module, name, item.parameter)
        if item.parameter is not None and self._mirrors:
            self.mirrored = True
            return mirror, (module, name, item.parameter)
        return find, (module, name)


class StandIns(Packer):
    """Packs arguments: each node as a root of the same name, so that errors tell of that."""

    def state(self, node: Node[Any]) -> tuple[Any, ...]:
        """What a root needs."""
        kind = ParameterNode if isinstance(node, ParameterNode) else Node
        more = {k: v for k, v in (node._more or {}).items() if k in KEPT}
        return kind, node._data, node.base_name, (), more or None, node._number, node._serial


class Unpacker(pickle.Unpickler):
    """Reads what a `Packer` wrote.

    Args:
        data: the bytes.
        nodes, objects: what was known to the packer, in the same order.
    """

    def __init__(
        self, data: bytes, nodes: Sequence[Node[Any]] = (), objects: Sequence[object] = ()
    ) -> None:
        super().__init__(io.BytesIO(data))
        self.nodes: list[Any] = list(nodes)
        self.objects = objects
        self._known = len(nodes)

    def unpack(self) -> Any:
        """The value, its nodes made and linked to their parents."""
        value = self.load()
        states: list[tuple[Any, ...]] = []
        while self._known + len(states) < len(self.nodes):
            states.append(self.load())
        blanks = self.nodes[self._known :]
        # in the order of their making, which is what traversals rely on
        for blank, state in sorted(zip(blanks, states, strict=True), key=lambda pair: pair[1][-1]):
            _fill(blank, *state[:-1])
        self.objects = [*self.objects, *self.load()]
        return value

    def persistent_load(self, number: tuple[str, int]) -> Any:
        """The node or container of that number; a new node is blank until all are read."""
        kind, i = number
        if kind == "object":
            return self.objects[i]
        while len(self.nodes) <= i:
            self.nodes.append(Record.__new__(Record))
        return self.nodes[i]


def _kind(node: Node[Any]) -> type[Node[Any]]:
    """Its class among ours: a class of the user's adds nothing that a trace needs."""
    return next(cls for cls in type(node).__mro__ if cls.__module__ == Node.__module__)


def _fill(
    blank: Record[Any],
    kind: type[Node[Any]],
    data: Any,
    op: Operator | str,
    parents: tuple[Node[Any], ...],
    more: dict[str, Any] | None,
    number: int | None,
) -> None:
    base = op if isinstance(op, str) else op.name
    counter = COUNTERS[failed(base) if issubclass(kind, ExceptionNode) else base]
    become(blank, derive(kind, data, op, counter, parents, more))
    if number is not None:
        blank._number = number
    blank.__class__ = kind


def _described(op: Operator) -> tuple[Any, ...]:
    """An operator's fields, without functions that have no name of their own to be sent by."""
    function = op.function if op.function and is_named(op.function) else None
    info = {k: v for k, v in op.info.items() if not isinstance(v, FunctionType) or is_named(v)}
    return op.name, op.text, op.arguments, function, info


def _name(function: FunctionType) -> tuple[str, str]:
    return function.__module__, function.__qualname__


def _operator(*fields: Any) -> Operator:
    return Operator(*fields)
