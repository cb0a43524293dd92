"""Modules: objects with parameters, called like functions, saved and loaded (as in PyTorch)."""

from __future__ import annotations

import os
from typing import Any

from ._containers import ParameterContainer


class Module(ParameterContainer):
    """A workflow with parameters: attributes that are nodes, trainable methods, other modules.

    >>> from trace_core import Module, node
    >>> class Scale(Module):
    ...     def __init__(self):
    ...         self.factor = node(2.0, name="factor", trainable=True)
    ...     def forward(self, x):
    ...         return self.factor * x
    >>> scale = Scale()
    >>> scale(3).data, list(scale.parameters_dict())
    (6.0, ['factor'])
    """

    def forward(self, *args: Any, **keywords: Any) -> Any:
        """What the module computes. Subclasses say."""
        raise TypeError(f"{type(self).__name__} has no forward(): it can't be called")

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        """Run `forward`."""
        return self.forward(*args, **keywords)

    def export(self, file: str | os.PathLike[str]) -> None:
        """Write the class with what was learnt as plain Python: see `trace_core.export`."""
        export(self, file)


def export(item: Any, file: str | os.PathLike[str]) -> None:
    """Write a module's class, or a bundle, as plain Python with what it has learnt.

    Bundles become functions with their learnt code, and parameters their learnt values, which a
    new instance starts with. The definitions and imports that these need come along; comments
    stay. What a class does outside of tracing it still does: `__init__` takes the same arguments.

    Args:
        item: a `Module` or other container, or a bundle.
        file: the Python file to write.

    Raises:
        UserError: something has no counterpart without tracing, or no source. Nothing is written.
    """
    from ._export import write  # a quarter of the core's code, which few programs need

    write(item, file)
