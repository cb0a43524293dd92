"""Torch's Adam, fed with gradients that were propagated through the trace (App. H.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from annotated_types import Gt

from trace_core import ParameterNode, UserError
from trace_core.optimizers import GradientBased, Gradients


class Adam(GradientBased):
    """Gradient descent with moments, on parameters that are numbers or arrays.

    A parameter without a finite gradient keeps its value, and its moments too.

    Args:
        parameters: floats or arrays; each is shadowed by a double precision tensor.
        lr: learning rate; an update moves a number by about this much.
    """

    def __init__(
        self, parameters: Sequence[ParameterNode[Any]], *, lr: Annotated[float, Gt(0)] = 0.1
    ) -> None:
        super().__init__(parameters)
        torch = _torch()
        self._tensors = [torch.tensor(p.data, dtype=torch.float64) for p in parameters]
        self._adam = torch.optim.Adam(self._tensors, lr=lr)

    def descend(self, gradients: Gradients) -> None:
        """Give Adam the current values and gradients; without a gradient torch skips a tensor."""
        for parameter, tensor in zip(self.parameters, self._tensors, strict=True):
            given = gradients.get(parameter)
            tensor[...] = tensor.new_tensor(parameter.data)
            tensor.grad = None if given is None else tensor.new_tensor(given)
        self._adam.step()
        for parameter, tensor in zip(self.parameters, self._tensors, strict=True):
            if parameter in gradients:
                # a copy: later updates must not change what a trace has recorded
                parameter.update(tensor.numpy().copy() if tensor.shape else tensor.item())


def _torch() -> Any:
    try:
        import torch
    except ImportError as error:
        raise UserError("Adam needs torch: pip install 'trace-bench[numerical]'") from error
    return torch
