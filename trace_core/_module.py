"""Modules: objects with parameters, called like functions, saved and loaded (as in PyTorch)."""

from __future__ import annotations

import copy
import os
from typing import Any, Self

from . import _json
from ._containers import ParameterContainer
from ._errors import UserError


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

    def copy(self) -> Self:
        """An independent module with the same values and the same learnt code."""
        return copy.deepcopy(self)

    def save(self, file: str | os.PathLike[str]) -> None:
        """Write the parameters' values, code among them, as JSON: whole or not at all.

        Raises:
            UserError: a value is no plain data, nor a NumPy array.
        """
        values = {}
        for name, parameter in self.parameters_dict().items():
            try:
                values[name] = _json.encode(parameter.data)
            except TypeError as error:
                raise UserError(f"the parameter {name!r} can't be saved: {error}") from error
        _json.write(file, values)

    def load(self, file: str | os.PathLike[str]) -> None:
        """Read values that `save` wrote into the parameters of the same names.

        Raises:
            UserError: the file is missing, damaged, or holds other parameters.
        """
        data = _json.read(file)
        if not isinstance(data, dict):
            raise UserError(f"{file} holds no parameters")
        try:
            values = {name: _json.decode(each) for name, each in data.items()}
        except (TypeError, ValueError, ImportError) as error:
            raise UserError(f"{file} can't be loaded: {error}") from error
        self.load_values(values)

    def load_values(self, values: dict[str, Any]) -> None:
        """Set all parameters by name.

        Raises:
            UserError: the names are not this module's.
        """
        own = self.parameters_dict()
        if set(values) != set(own):
            raise UserError(
                f"the parameters given are {sorted(values)}, those of {type(self).__name__} are "
                f"{sorted(own)}"
            )
        for name, parameter in own.items():
            parameter.update(values[name])

    def export(self, file: str | os.PathLike[str]) -> None:
        """Write the class with what was learnt as plain Python: see `trace_core.export`."""
        from ._export import export

        export(self, file)
