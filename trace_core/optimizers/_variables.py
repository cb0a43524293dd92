"""Parameters in prompts that show no trace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trace_core._node import ParameterNode

from ._constraints import words
from ._values import type_text, value_text


def variable_lines(variables: Mapping[str, ParameterNode[Any]]) -> str:
    """What the variables are, without their values: "x (float): from 0 to 9"."""
    return "\n".join(_about(name, parameter) for name, parameter in variables.items())


def value_lines(variables: Mapping[str, ParameterNode[Any]]) -> str:
    """The values as they are: "x = 1.5"."""
    return "\n".join(f"{name} = {value_text(p)}" for name, p in variables.items())


def _about(name: str, parameter: ParameterNode[Any]) -> str:
    told = words(parameter.constraint) if parameter.constraint else ""
    return f"{name} ({type_text(parameter)}){': ' if told else ''}{told}"
