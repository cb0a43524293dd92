"""Stands for `opto.trace.utils`, as far as programs use it."""

from collections.abc import Iterable

from trace_core import Node


def contain(container_of_nodes: Iterable[Node[object]], node: Node[object]) -> bool:
    """Whether that very node is there, where `in` would compare values."""
    return any(each is node for each in container_of_nodes)
