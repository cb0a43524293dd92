"""The slots of a node, and how they are filled: the code that every recorded operation runs."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from weakref import ref

from ._operator import Operator
from ._state import NAMES, next_serial

if TYPE_CHECKING:
    from ._node import Node

T = TypeVar("T")
_pruning = Lock()


class Children(list["ref[Any]"]):
    """Weak links to children; dead ones are dropped whenever the list has doubled."""

    __slots__ = ("limit",)
    limit: int

    def prune(self) -> None:
        # Only one thread deletes; others append at the end meanwhile, which disturbs no index.
        if not _pruning.acquire(blocking=False):
            return
        try:
            for i in range(len(self) - 1, -1, -1):
                if self[i]() is None:
                    del self[i]
            self.limit = max(32, 2 * len(self))
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
_new_record = Record.__new__


def fill(
    record: Record[Any],
    data: object,
    op: Operator | str,
    base: str,
    parents: tuple[Node[Any], ...] = (),
    more: dict[str, Any] | None = None,
) -> None:
    """Initialise a record and let its parents find it."""
    record._data = data
    record._op = op
    record._number = NAMES[base]()
    record._serial = next_serial()
    record._parents = parents
    record._children = None
    record._feedback = None
    record._more = more
    if not parents:
        return
    link = ref(record)
    for parent in parents:
        children: Any = parent._children
        if children is None:
            _set_children(parent, link)
        elif children.__class__ is Children:
            children.append(link)
            if len(children) > children.limit:
                children.prune()
        else:
            several = Children((children, link))
            several.limit = 32
            _set_children(parent, several)


def make(
    cls: type[Node[Any]],
    data: object,
    op: Operator | str,
    base: str,
    parents: tuple[Node[Any], ...] = (),
    more: dict[str, Any] | None = None,
) -> Any:
    """A node of a class in `_node`, without its constructor's checks: the fast way in."""
    record: Record[Any] = _new_record(Record)
    fill(record, data, op, base, parents, more)
    record.__class__ = cls
    return record


def clean(name: str) -> str:
    """A base name: what stands before the colon of a name that has a number already."""
    base = name.split(":", 1)[0]
    if not base:
        raise ValueError(f"{name!r} is no name for a node")
    return base
