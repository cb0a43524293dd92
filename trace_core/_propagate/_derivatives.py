"""Derivatives of Python's operators on numbers and NumPy arrays.

Where an operator makes or opens a list or tuple, its gradient is a list, None where nothing flows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

Derivative = Callable[..., Sequence[Any]]
"""(gradient of the output, output, *inputs) -> gradients of the inputs, None for no gradient."""


def _power(g: Any, z: Any, x: Any, y: Any) -> Sequence[Any]:
    return _by_base(g, x, y), _by_exponent(g, z, x)


def _by_base(g: Any, x: Any, y: Any) -> Any:
    """G y x^(y-1), and 0 where y = 0, also at x = 0."""
    if _is_array(x) or _is_array(y):
        import numpy as np

        return g * y * np.where(y == 0, 0.0, x ** np.where(y == 0, 1.0, y - 1.0))
    return g * y * x ** (y - 1) if y else 0.0


def _by_exponent(g: Any, z: Any, x: Any) -> Any:
    """G x^y log(x), and 0 where there is no logarithm."""
    if _is_array(x):
        import numpy as np

        return g * z * np.log(np.where(x > 0, x, 1.0))
    if _is_array(z):
        import numpy as np

        return g * z * np.log(x) if x > 0 else g * np.zeros_like(z)
    return g * z * math.log(x) if isinstance(x, (int, float)) and x > 0 else None


def _matmul(g: Any, z: Any, x: Any, y: Any) -> Sequence[Any]:
    """A vector counts as a matrix of one row on the left, of one column on the right."""
    import numpy as np

    left = x[None, :] if x.ndim == 1 else x
    right = y[:, None] if y.ndim == 1 else y
    if x.ndim == 1:
        g = np.expand_dims(g, -1 if y.ndim == 1 else -2)
    if y.ndim == 1:
        g = np.expand_dims(g, -1)
    by_left, by_right = g @ right.swapaxes(-1, -2), left.swapaxes(-1, -2) @ g
    return _vector(by_left, -2, x), _vector(by_right, -1, y)


def _vector(gradient: Any, axis: int, value: Any) -> Any:
    return gradient.squeeze(axis) if value.ndim == 1 else gradient


def _getitem(g: Any, z: Any, x: Any, index: Any) -> Sequence[Any]:
    """What was read gets the gradient, the rest of x nothing; what was read twice gets both."""
    if isinstance(x, (list, tuple)):
        of_items: list[Any] = [None] * len(x)
        of_items[index] = g
        return of_items, None
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


def _is_array(value: Any) -> bool:
    return bool(getattr(value, "shape", ()))


FLAT = (
    "lt", "le", "gt", "ge", "eq", "neq", "not", "is", "is_not", "in", "not_in", "len",
    "and", "or", "xor", "invert", "round", "floor", "ceil", "trunc", "floor_divide",
)  # fmt: skip
DERIVATIVES: dict[str, Derivative] = {
    "add": lambda g, z, x, y: (g, g),
    "subtract": lambda g, z, x, y: (g, -g),
    "multiply": lambda g, z, x, y: (g * y, g * x),
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
