"""`model`: a plain class becomes a `Module`."""

from __future__ import annotations

from types import new_class
from typing import Any

from ._module import Module

FACE = (
    *("__module__", "__qualname__", "__doc__", "__firstlineno__"),
    *("__annotations__", "__annotate_func__"),
)
"""What a class is known by: to pickle, to readers, to `inspect` from Python 3.13 on; its fields."""


def model(cls: type) -> Any:
    """Turn a class into a `Module` of the same name: used as a decorator.

    Its own methods come first, so a class may have its own `__call__`, `forward` or `save`.
    Instances pickle like those of any class at the top of a module. Returns `Any`, since type
    checkers can't be told of a class with one more base; to be checked, subclass `Module`.

    >>> from trace_core import model, node
    >>> @model
    ... class Scale:
    ...     def __init__(self):
    ...         self.factor = node(2.0, name="factor", trainable=True)
    >>> Scale.__name__, [p.data for p in Scale().parameters()]
    ('Scale', [2.0])
    """
    if not isinstance(cls, type):
        raise TypeError(f"model decorates a class, not {cls!r}")
    if issubclass(cls, Module):
        return cls
    face = {name: vars(cls)[name] for name in FACE if name in vars(cls)}
    face |= {"__qualname__": cls.__qualname__}
    return new_class(cls.__name__, (cls, Module), exec_body=lambda body: body.update(face))
