"""Stands for `opto.trace.utils`, as far as programs use it."""

from collections.abc import Callable, Iterable
from typing import Any

from trace_core import Node


def contain(container_of_nodes: Iterable[Node[object]], node: Node[object]) -> bool:
    """Whether that very node is there, where `in` would compare values."""
    return any(each is node for each in container_of_nodes)


def for_all_methods(decorator: Callable[[Any], Any]) -> Callable[[type], type]:
    """A class decorator that decorates all methods but those with two underscores before them."""

    def decorate(cls: type) -> type:
        for name, item in list(vars(cls).items()):
            if callable(item) and not name.startswith("__"):
                setattr(cls, name, decorator(item))
        return cls

    return decorate
