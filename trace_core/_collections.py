"""`Seq` and `Map`: a list and a dict of nodes that know their parameters."""

from __future__ import annotations

from collections import UserDict, UserList
from collections.abc import Iterable, Mapping
from typing import Any

from . import operators as ops
from ._containers import Members, NodeContainer, ParameterContainer
from ._node import Node
from ._record import Record


class Seq(UserList[Any], ParameterContainer):
    """A list whose items may be nodes or objects that hold nodes. Its index may be a node.

    Args:
        items: what it holds; a single list, tuple or other iterable gives its items.

    >>> from trace_core import Seq, node
    >>> two = Seq(node(1, trainable=True), node(2, trainable=True))
    >>> len(two.parameters()), two[node(1)].data
    (2, 2)
    """

    def __init__(self, *items: Any) -> None:
        super().__init__(items[0] if len(items) == 1 and _holds_items(items[0]) else items)

    def __getitem__(self, index: Any) -> Any:
        """The item; for an index that is a node one that depends on it and on the items."""
        if not isinstance(index, Record):
            return super().__getitem__(index)
        return _chosen(self.data, index, self.data[index._data])

    def __setitem__(self, index: Any, item: Any) -> None:
        super().__setitem__(_plain(index), item)

    def __delitem__(self, index: Any) -> None:
        super().__delitem__(_plain(index))

    def _members(self) -> Members:
        own = [(k, v) for k, v in super()._members() if v is not self.data]
        return [*((str(i), item) for i, item in enumerate(self.data)), *own]


class Map(UserDict[Any, Any], ParameterContainer):
    """A dict whose values and keys may be nodes. A key is found by its value, too.

    >>> from trace_core import Map, node
    >>> prices = Map({node("tea", trainable=True): 2, "milk": node(1, trainable=True)})
    >>> prices["tea"], prices[node("milk")].data, len(prices.parameters())
    (2, 1, 2)
    """

    def __getitem__(self, key: Any) -> Any:
        """The value; for a key that is a node and not stored one that depends on it."""
        stored = self._stored(key)
        value = self.data[stored]
        if stored is key or not isinstance(key, Record):
            return value
        plain = {_plain(k): v for k, v in self.data.items()}
        return _chosen(plain, key, value)

    def __setitem__(self, key: Any, value: Any) -> None:
        self.data[self._stored(key) if key in self else key] = value

    def __delitem__(self, key: Any) -> None:
        del self.data[self._stored(key)]

    def __contains__(self, key: object) -> bool:
        try:
            self._stored(key)
        except KeyError:
            return False
        return True

    def _stored(self, key: Any) -> Any:
        """The key as it is stored: that very node, or the key of the same value."""
        if key in self.data:  # nodes are hashed by identity
            return key
        plain = _plain(key)
        if plain in self.data:
            return plain
        for each in self.data:
            if isinstance(each, Record) and each._data == plain:
                return each
        raise KeyError(plain)

    def _members(self) -> Members:
        keys = [(f"key_{i}", key) for i, key in enumerate(self.data) if isinstance(key, Node)]
        own = [(k, v) for k, v in super()._members() if v is not self.data]
        return [*keys, *((str(_plain(k)), v) for k, v in self.data.items()), *own]


def _plain(key: Any) -> Any:
    return key._data if isinstance(key, Record) else key


def _holds_items(item: Any) -> bool:
    if isinstance(item, (str, bytes, Record, Mapping)):
        return False
    return isinstance(item, Iterable) and not (
        isinstance(item, NodeContainer) and not isinstance(item, Seq)
    )


def _chosen(container: Any, index: Record[Any], item: Any) -> Any:
    """The item as an operator's output; but an object that holds nodes stays what it is."""
    if isinstance(item, NodeContainer) or callable(item) and not isinstance(item, Record):
        return item
    return ops.getitem(container, index)
