"""Derivatives of Python's operators on numbers and NumPy arrays.

Where an operator makes or opens a list or tuple, its gradient is a list, None where nothing flows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from trace_core._errors import BackwardError

Derivative = Callable[..., Sequence[Any]]
"""(gradient of the output, output, *inputs) -> gradients of the inputs, None for no gradient."""


def _add(g: Any, z: Any, x: Any, y: Any) -> Sequence[Any]:
    """Lists and tuples are put one behind the other: each gets its part."""
    return (g[: len(x)], g[len(x) :]) if isinstance(x, (list, tuple)) else (g, g)


def _multiply(g: Any, z: Any, x: Any, y: Any) -> Sequence[Any]:
    if isinstance(z, (list, tuple)):
        raise BackwardError("the derivative of repeating a list is not known")
    return g * y, g * x


def _power(g: Any, z: Any, x: Any, y: Any) -> Sequence[Any]:
    if getattr(z, "shape", ()):
        return _power_of_arrays(g, z, x, y)
    try:
        slope = y * x ** (y - 1) if y else 0.0
    except ZeroDivisionError:  # the root's slope at 0
        slope = math.copysign(math.inf, y)
    growth = z * math.log(x) if x > 0 else 0.0 if x == 0 else math.nan
    return g * slope, g * growth


def _power_of_arrays(g: Any, z: Any, x: Any, y: Any) -> Sequence[Any]:
    import numpy as np

    x, y = np.asarray(x) * 1.0, np.asarray(y) * 1.0
    with np.errstate(all="ignore"):
        slope = np.where(y == 0, 0.0, y * x ** (y - 1))
        growth = np.where(x == 0, 0.0, z * np.log(x))
    return g * slope, g * growth


def _matmul(g: Any, z: Any, x: Any, y: Any) -> Sequence[Any]:
    """A vector is a matrix of one row on the left, of one column on the right."""
    import numpy as np

    rows, columns = x.ndim == 1, y.ndim == 1
    left, right = x[None, :] if rows else x, y[:, None] if columns else y
    g = np.expand_dims(g, -1) if columns else np.asarray(g)
    g = np.expand_dims(g, -2) if rows else g
    for_x, for_y = g @ right.swapaxes(-1, -2), left.swapaxes(-1, -2) @ g
    return for_x[..., 0, :] if rows else for_x, for_y[..., 0] if columns else for_y


def _getitem(g: Any, z: Any, x: Any, index: Any) -> Sequence[Any]:
    """What was read gets the gradient, the rest of x nothing; what was read twice gets both."""
    if isinstance(x, (list, tuple)):
        of_items: list[Any] = [None] * len(x)
        of_items[index] = g
        return of_items, None
    if isinstance(x, dict):
        raise BackwardError("gradients do not flow through dicts: let its items be nodes")
    import numpy as np

    gradient = np.zeros(np.shape(x))
    np.add.at(gradient, index, g)
    return gradient, None


def _cond(g: Any, z: Any, condition: Any, x: Any, y: Any) -> Sequence[Any]:
    return (None, g, None) if condition else (None, None, g)


def _divmod(g: Any, z: Any, x: Any, y: Any) -> Sequence[Any]:
    return DERIVATIVES["mod"](g[1], z[1], x, y) if g[1] is not None else (None, None)


def _flat(g: Any, z: Any, *inputs: Any) -> Sequence[Any]:
    """Almost everywhere the output stays the same when an input moves a little."""
    return [None] * len(inputs)


FLAT = (
    "lt", "le", "gt", "ge", "eq", "neq", "not", "is", "is_not", "in", "not_in", "len",
    "and", "or", "xor", "invert", "round", "floor", "ceil", "trunc", "floor_divide",
)  # fmt: skip
DERIVATIVES: dict[str, Derivative] = {
    "add": _add,
    "subtract": lambda g, z, x, y: (g, -g),
    "multiply": _multiply,
    "divide": lambda g, z, x, y: (g / y, -g * z / y),
    "mod": lambda g, z, x, y: (g, -g * (x // y)),
    "divmod": _divmod,
    "power": _power,
    "matmul": _matmul,
    "neg": lambda g, z, x: (-g,),
    "pos": lambda g, z, x: (g,),
    "abs": lambda g, z, x: (g * ((x > 0) * 1.0 - (x < 0) * 1.0),),
    "clone": lambda g, z, x: (g,),
    "identity": lambda g, z, x: (g,),
    "cond": _cond,
    "getitem": _getitem,
    "make_list": lambda g, z, *items: g,
    "make_tuple": lambda g, z, *items: g,
    **dict.fromkeys(FLAT, _flat),
}
