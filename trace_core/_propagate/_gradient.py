"""Back-propagation as a propagator (the paper's footnote 4): messages are gradients."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Number
from typing import Any

from trace_core._errors import BackwardError
from trace_core._node import MessageNode, Node, ParameterNode

from ._derivatives import DERIVATIVES, Derivative
from ._propagator import Propagator


class GradientPropagator(Propagator):
    """Reverse-mode differentiation of numbers and NumPy arrays along the trace.

    Python's operators are known, as far as they have derivatives; what is flat almost everywhere
    (comparisons, rounding) sends nothing back. A bundle is told its own by `Bundle.differentiate`,
    any operator by `differentiate` here.

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
        """The gradient of the loss with respect to the output; for one number, no text means 1.

        Raises:
            BackwardError: no gradient was given, or one of another form than the output.
        """
        value = output._data
        if isinstance(feedback, str) and feedback:
            raise BackwardError("GradientPropagator needs a number or array, not text")
        if feedback is None or isinstance(feedback, str):
            if not isinstance(value, Number):
                raise BackwardError(
                    f"{output.name} is not one number but {_form(value)}: give backward a gradient "
                    "of that form, or reduce the output to one number"
                )
            return 1.0
        if _is_known(value) and _form(feedback) != _form(value):
            raise BackwardError(
                f"{output.name} is {_form(value)}, and its gradient is {_form(feedback)}"
            )
        return feedback

    def aggregate(self, messages: Sequence[Any]) -> Any:
        """The sum, item by item where lists and tuples meet."""
        total = messages[0]
        for message in messages[1:]:
            total = _sum(total, message)
        return total

    def propagate(self, child: MessageNode[Any], message: Any) -> Sequence[Any]:
        """The chain rule for one operator.

        Raises:
            BackwardError: its derivative is not known, or gives what is no gradient of its inputs.
        """
        name, inputs = child.operator.name, [parent._data for parent in child._parents]
        gradients = self._derivative(child)(message, child._data, *inputs)
        if len(gradients) != len(inputs):
            counts = f"{len(gradients)} gradients for {len(inputs)} inputs"
            raise BackwardError(f"the derivative of {name!r} gave {counts}")
        return [_fit(g, x, name) for g, x in zip(gradients, inputs, strict=True)]

    def _derivative(self, child: MessageNode[Any]) -> Derivative:
        operator = child.operator
        found = self._taught.get(operator.name) or operator.info.get("derivative")
        if found is None and operator.function is None:  # a user's `add` may subtract
            found = DERIVATIVES.get(operator.name)
        if found is None:
            raise BackwardError(
                f"the derivative of {operator.name!r} is not known: teach it with "
                f"propagator.differentiate({operator.name!r}, …), or a bundle of your own with "
                "its method differentiate"
            )
        return found


def _sum(one: Any, other: Any) -> Any:
    if one is None or other is None:
        return other if one is None else one
    if isinstance(one, (list, tuple)):
        return [_sum(a, b) for a, b in zip(one, other, strict=True)]
    return one + other


def _fit(gradient: Any, value: Any, operator: str) -> Any:
    """Sum a gradient over the axes along which `value` was broadcast."""
    shape, given = _shape(value), _shape(gradient)
    if gradient is None or given == shape:
        return gradient
    extra = len(given) - len(shape)
    pairs = list(zip(given[max(extra, 0) :], shape, strict=False))
    if extra < 0 or any(size not in (1, wide) for wide, size in pairs):
        raise BackwardError(
            f"the derivative of {operator!r} gave {_form(gradient)} for an input that is "
            f"{_form(value)}"
        )
    stretched = [i + extra for i, size in enumerate(shape) if size == 1]
    summed = gradient.sum(tuple([*range(extra), *stretched]), keepdims=True)
    return summed.reshape(shape) if shape else summed.item()


def _shape(value: Any) -> tuple[int, ...]:
    return tuple(getattr(value, "shape", ()))


def _is_known(value: Any) -> bool:
    return hasattr(value, "shape") or isinstance(value, Number | list | tuple)


def _form(value: Any) -> str:
    """What a gradient has in common with its value."""
    if not _is_known(value):
        return f"a {type(value).__name__}"
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    return f"an array of shape {_shape(value)}" if _shape(value) else "one number"
