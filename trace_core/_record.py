"""The slots of a node, and how they are filled: the code that every recorded operation runs."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from weakref import ref

from ._operator import Operator
from ._state import Counter, next_serial

if TYPE_CHECKING:
    from ._node import Node

T = TypeVar("T")
_pruning = Lock()
KEPT = ("description", "constraint", "function")
"""What a copy of a root keeps of `_more`; `function` is whose code a parameter is."""
FEWEST = 256
"""Links that a list may hold before it is looked through for dead ones."""


class Children(list["ref[Any]"]):
    """Weak links to children; dead ones are dropped whenever the list has doubled."""

    __slots__ = ("limit",)
    limit: int

    @classmethod
    def of(cls, *links: ref[Any]) -> Children:
        """A list of these links."""
        children = cls(links)
        children.limit = FEWEST
        return children

    def prune(self) -> None:
        """Drop the dead links."""
        # One thread at a time, and only what was there when it began: others append behind that.
        if not _pruning.acquire(blocking=False):
            return
        try:
            count = len(self)
            self[:count] = [link for link in self[:count] if link() is not None]
            self.limit = max(FEWEST, 2 * len(self))
        finally:
            _pruning.release()


class Record(Generic[T]):
    """The slots of a node. An operator fills one in, then makes it a node by setting its class.

    For `Node.__setattr__` refuses attributes that no trace would show, and that must cost
    recording nothing: a plain slot store takes 15 ns, one through a Python `__setattr__` 100.
    """

    __slots__ = (
        "__weakref__",
        "_children",
        "_data",
        "_feedback",
        "_more",
        "_number",
        "_op",
        "_parents",
        "_serial",
    )
    _data: T
    _op: Operator | str  # of a root, the base name
    _number: int
    _serial: int
    _parents: tuple[Node[Any], ...]
    _children: ref[Any] | Children | None
    _feedback: dict[Any, list[Any]] | None
    _more: dict[str, Any] | None  # what few have: description, constraint, names of inputs, info


_set_children = Record.__dict__["_children"].__set__


def make(
    cls: type[Node[Any]],
    data: object,
    op: Operator | str,
    counter: Counter,
    more: dict[str, Any] | None = None,
    parents: tuple[Node[Any], ...] = (),
) -> Any:
    """A node of a class in `_node` without links from its parents: for roots, the fast way in.

    `op` is the operator, or a root's base name.
    """
    record: Record[Any] = Record()
    record._data = data
    record._op = op
    record._number = counter.next()
    record._serial = next_serial()
    record._parents = parents
    record._children = None
    record._feedback = None
    record._more = more
    record.__class__ = cls
    return record


def derive(
    cls: type[Node[Any]],
    data: object,
    op: Operator | str,
    counter: Counter,
    parents: tuple[Node[Any], ...],
    more: dict[str, Any] | None = None,
) -> Any:
    """A node that an operator made of its parents, which get to know it as their child."""
    record = make(cls, data, op, counter, more, parents)
    if parents:
        child = ref(record)
        for parent in parents:
            children: Any = parent._children
            if children is None:
                _set_children(parent, child)
            elif children.__class__ is Children:
                children.append(child)
                if len(children) > children.limit:
                    children.prune()
            else:
                _set_children(parent, Children.of(children, child))
    return record


def become(record: Record[Any], twin: Record[Any]) -> None:
    """Take over the state of a node that was just made: for constructors, which have a `self`."""
    for slot in Record.__slots__:
        if slot != "__weakref__":
            setattr(record, slot, getattr(twin, slot))
    mine, its = ref(record), ref(twin)
    for parent in twin._parents:
        links = parent._children
        if isinstance(links, Children):
            links[:] = [mine if link is its else link for link in links]
        elif links is its:
            _set_children(parent, mine)


def clean(name: str) -> str:
    """A base name: what stands before the colon of a name that has a number already."""
    base = str(name).split(":", 1)[0]
    if not base:
        raise ValueError(f"{name!r} is no name for a node")
    return base


def said(known: dict[str, Any]) -> dict[str, Any] | None:
    """What was given of all that could have been."""
    return {key: value for key, value in known.items() if value} or None
