"""Modules: objects with parameters, called like functions, saved and loaded (as in PyTorch)."""

from __future__ import annotations

import copy
import json
import os
import tempfile
from pathlib import Path
from typing import Any, Self

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
        """An independent module with the same values."""
        return copy.deepcopy(self)

    def save(self, file: str | os.PathLike[str]) -> None:
        """Write the parameters' values as JSON, whole or not at all.

        Raises:
            UserError: a value is not JSON data.
        """
        values = {name: p.data for name, p in self.parameters_dict().items()}
        try:
            text = json.dumps(values, indent=1)
        except TypeError as error:
            raise UserError(f"the parameters of {type(self).__name__}: {error}") from error
        target = Path(file)
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", dir=target.parent, encoding="utf-8", delete=False
        ) as stream:
            stream.write(text)
        Path(stream.name).replace(target)

    def load(self, file: str | os.PathLike[str]) -> None:
        """Read values that `save` wrote into the parameters of the same names.

        Raises:
            UserError: the file is missing or holds other parameters.
        """
        try:
            values = json.loads(Path(file).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UserError(f"{file} can't be loaded: {error}") from error
        self.load_values(values)

    def load_values(self, values: dict[str, Any]) -> None:
        """Set all parameters by name.

        Raises:
            UserError: the names are not this module's.
        """
        own = self.parameters_dict()
        if not isinstance(values, dict) or set(values) != set(own):
            raise UserError(f"the file's parameters are {sorted(values)}, ours {sorted(own)}")
        for name, parameter in own.items():
            value = values[name]
            parameter.update(tuple(value) if isinstance(parameter.data, tuple) else value)
