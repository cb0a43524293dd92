"""Back-propagation as a propagator (the paper's footnote 4): messages are gradients."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from trace_core._errors import BackwardError
from trace_core._node import MessageNode, Node, ParameterNode

from ._propagator import Propagator

Derivative = Callable[..., Sequence[Any]]
"""(gradient of the output, output, *inputs) -> gradients of the inputs, None for no gradient."""


class GradientPropagator(Propagator):
    """Reverse-mode differentiation of numbers and NumPy arrays along the trace.

    Arithmetic operators are known. Teach it others, bundles among them, by `differentiate`.

    >>> from trace_core import GradientPropagator, node
    >>> x = node(3.0, name="x", trainable=True)
    >>> propagator = GradientPropagator()
    >>> (x * x + x).backward(1.0, propagator=propagator)
    >>> propagator.gradient(x)
    7.0
    """

    def __init__(self) -> None:
        super().__init__()
        self._taught: dict[str, Derivative] = {}

    def differentiate(self, operator: str, derivative: Derivative) -> None:
        """Teach the derivative of the operator of that name."""
        self._taught[operator] = derivative

    def gradient(self, parameter: ParameterNode[Any]) -> Any:
        """The gradient that has reached the parameter, summed over calls of `backward`.

        None if none has: the output does not depend on the parameter.
        """
        messages = [m for several in parameter.feedback.values() for m in several]
        return self.aggregate(messages) if messages else None

    def init_feedback(self, output: Node[Any], feedback: Any) -> Any:
        """The gradient of the loss with respect to the output; no text means 1.

        Raises:
            BackwardError: it is text, or an array of another shape than the output's.
        """
        if isinstance(feedback, str) and feedback:
            raise BackwardError("GradientPropagator needs a number or array, not text")
        gradient = 1.0 if feedback is None or isinstance(feedback, str) else feedback
        shape, given = _shape(output._data), _shape(gradient)
        if given != shape:
            raise BackwardError(f"the gradient of {output.name} has the shape {shape}, not {given}")
        return gradient

    def aggregate(self, messages: Sequence[Any]) -> Any:
        """The sum."""
        return sum(messages[1:], start=messages[0])

    def propagate(self, child: MessageNode[Any], message: Any) -> Sequence[Any]:
        """The chain rule for one operator.

        Raises:
            BackwardError: the operator's derivative is not known.
        """
        derivative = self._taught.get(child.operator.name)
        if derivative is None and child.operator.function is None:  # a user's `add` may subtract
            derivative = DERIVATIVES.get(child.operator.name)
        if derivative is None:
            raise BackwardError(
                f"the derivative of {child.operator.name!r} is not known: teach it with "
                f"propagator.differentiate({child.operator.name!r}, …)"
            )
        inputs = [parent._data for parent in child._parents]
        gradients = derivative(message, child._data, *inputs)
        return [_fit(g, x) for g, x in zip(gradients, inputs, strict=True)]


def _shape(value: Any) -> tuple[int, ...]:
    return tuple(getattr(value, "shape", ()))


def _fit(gradient: Any, value: Any) -> Any:
    """Sum a gradient over the axes along which `value` was broadcast."""
    shape = _shape(value)
    if gradient is None or _shape(gradient) == shape:
        return gradient
    extra = len(_shape(gradient)) - len(shape)
    if extra < 0:
        raise BackwardError(f"a derivative gave {gradient!r} for an input of the shape {shape}")
    stretched = [i + extra for i, size in enumerate(shape) if size == 1]
    summed = gradient.sum(tuple([*range(extra), *stretched]), keepdims=True)
    return summed.reshape(shape) if shape else summed.item()


def _power(g: Any, z: Any, x: Any, y: Any) -> Sequence[Any]:
    if _shape(z):
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


DERIVATIVES: dict[str, Derivative] = {
    "add": lambda g, z, x, y: (g, g),
    "subtract": lambda g, z, x, y: (g, -g),
    "multiply": lambda g, z, x, y: (g * y, g * x),
    "divide": lambda g, z, x, y: (g / y, -g * z / y),
    "power": _power,
    "matmul": _matmul,
    "neg": lambda g, z, x: (-g,),
    "pos": lambda g, z, x: (g,),
    "abs": lambda g, z, x: (g * ((x > 0) * 1.0 - (x < 0) * 1.0),),
    "clone": lambda g, z, x: (g,),
    "identity": lambda g, z, x: (g,),
    # A comparison's output is flat almost everywhere: nothing flows back.
    **{name: lambda g, z, x, y: (None, None) for name in ("lt", "le", "gt", "ge", "eq", "neq")},
}
