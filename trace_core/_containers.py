"""Objects that hold nodes, and find their parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ._node import Node, ParameterNode


class NodeContainer:
    """An object whose attributes are nodes, or objects that hold nodes.

    A bundle that gets one as an argument may read the nodes inside; those it reads become inputs.
    """

    def named_nodes(self) -> Iterator[tuple[str, Node[Any]]]:
        """(path, node) for every node inside, each once, also in nested containers."""
        seen: set[int] = set()
        stack: list[tuple[str, Any]] = [("", self)]
        while stack:
            path, item = stack.pop()
            if id(item) in seen:
                continue
            seen.add(id(item))
            if isinstance(item, Node):
                yield path, item
            else:
                prefix = f"{path}_" if path else ""
                stack += [(f"{prefix}{k}", v) for k, v in reversed(_members(item))]


class ParameterContainer(NodeContainer):
    """A container that knows its parameters."""

    def parameters(self) -> list[ParameterNode[Any]]:
        """All parameters inside, each once, in order of definition."""
        return list(self.parameters_dict().values())

    def parameters_dict(self) -> dict[str, ParameterNode[Any]]:
        """All parameters inside by path: attribute names joined by "_"."""
        return {k: n for k, n in self.named_nodes() if isinstance(n, ParameterNode)}


def _members(item: Any) -> list[tuple[str, Any]]:
    if isinstance(item, NodeContainer):
        own = {k: v for k, v in vars(item).items() if not k.startswith("__")}
        methods = {k: getattr(item, k) for k in _trainable_methods(type(item))}
        return [*own.items(), *methods.items()]
    if isinstance(item, (list, tuple)):
        return [(str(i), each) for i, each in enumerate(item)]
    if isinstance(item, dict):
        return [(str(k), v) for k, v in item.items()]
    parameter = getattr(item, "parameter", None)  # that of a trainable bundle
    return [("code", parameter)] if isinstance(parameter, ParameterNode) else []


def _trainable_methods(cls: type) -> list[str]:
    found: dict[str, bool] = {}
    for base in reversed(cls.__mro__):
        found |= {k: getattr(v, "trainable", False) is True for k, v in vars(base).items()}
    return [name for name, trainable in found.items() if trainable]
