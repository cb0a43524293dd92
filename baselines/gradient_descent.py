"""Gradient descent: the optimizer of the paper's Example 1, with back-propagated gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from annotated_types import Gt

from trace_core import ParameterNode
from trace_core.optimizers import GradientBased, Gradients


class GradientDescent(GradientBased):
    """Subtract the gradient times a rate. Needs no torch.

    Args:
        parameters: floats or arrays of floats.
        lr: learning rate.
    """

    def __init__(
        self, parameters: Sequence[ParameterNode[Any]], *, lr: Annotated[float, Gt(0)] = 0.1
    ) -> None:
        super().__init__(parameters)
        self.lr = lr

    def descend(self, gradients: Gradients) -> None:
        """Move each parameter against its gradient."""
        for parameter, gradient in gradients.items():
            parameter.update(parameter.data - self.lr * gradient)
