"""Moving proposals into the feasible set (the paper's App. A names this as missing)."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Sequence
from typing import Any, Literal

from trace_core._node import ParameterNode
from trace_core.opto import Interval

from ._constraints import whole_limits
from ._values import is_code, is_number

Projection = Literal["clip", "round", "format_code"] | Callable[[Any, ParameterNode[Any]], Any]
"""One of ours by name, or a function of the proposed value and the parameter."""


def project(value: Any, parameter: ParameterNode[Any], projections: Sequence[Projection]) -> Any:
    """The proposed value after all projections, in their order."""
    for projection in projections:
        function = _NAMED[projection] if isinstance(projection, str) else projection
        value = function(value, parameter)
    return value


def clip(value: Any, parameter: ParameterNode[Any]) -> Any:
    """The nearest value in the parameter's `Interval`, if that is its constraint."""
    interval = parameter.constraint
    if not isinstance(interval, Interval) or not is_number(value) or value != value:
        return value
    low, high = whole_limits(interval) if interval.integer else (interval.low, interval.high)
    return min(max(value, low), high)


def round_whole(value: Any, parameter: ParameterNode[Any]) -> Any:
    """The nearest whole number, where the parameter or its `Interval` takes no other."""
    constraint = parameter.constraint
    whole = isinstance(parameter._data, int) and not isinstance(parameter._data, bool)
    whole = whole or (isinstance(constraint, Interval) and constraint.integer)
    return round(value) if whole and isinstance(value, float) and math.isfinite(value) else value


def format_code(value: Any, parameter: ParameterNode[Any]) -> Any:
    """Code with Python's own layout and without comments; as it is if it is no Python."""
    if not is_code(parameter):
        return value
    lines = isinstance(value, list) and all(isinstance(line, str) for line in value)
    try:
        return ast.unparse(ast.parse("\n".join(value) if lines else value))
    except (SyntaxError, TypeError, ValueError, RecursionError, MemoryError):
        return value


_NAMED: dict[str, Callable[[Any, ParameterNode[Any]], Any]] = {
    "clip": clip,
    "round": round_whole,
    "format_code": format_code,
}
