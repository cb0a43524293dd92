"""Torch's Adam, fed with gradients that were propagated through the trace (App. H.2)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from annotated_types import Gt

from trace_core import ExceptionNode, GradientPropagator, ParameterNode, UserError
from trace_core.optimizers import Optimizer
from trace_core.opto import GRADIENT, Outcome


class Adam(Optimizer):
    """Gradient descent on parameters that are numbers.

    Several outcomes before one `step` add up, as in torch. Where there is no finite gradient, as
    after a failure, parameters stay as they are and Adam's moments too; the log says so.

    Args:
        parameters: floats; each is shadowed by a double precision tensor.
        lr: learning rate; an update moves a parameter by about this much.
    """

    needs: ClassVar[frozenset[str]] = frozenset({GRADIENT})

    def __init__(
        self, parameters: Sequence[ParameterNode[Any]], *, lr: Annotated[float, Gt(0)] = 0.1
    ) -> None:
        super().__init__(parameters)
        torch = _torch()
        self._tensors = [torch.tensor(float(p.data), dtype=torch.float64) for p in parameters]
        self._adam = torch.optim.Adam(self._tensors, lr=lr)
        self._propagator = GradientPropagator()
        self._failures: list[str] = []

    def zero_feedback(self) -> None:
        """Forget outcomes and gradients."""
        super().zero_feedback()
        self._failures.clear()

    def propagate(self, outcome: Outcome, **options: Any) -> None:
        """Back-propagate `outcome.output_grad`; the parameters collect what reaches them."""
        if isinstance(outcome.output, ExceptionNode):
            self._failures.append(str(outcome.output.data))
        elif outcome.output_grad is None:
            self._failures.append("the outcome has no output_grad")
        else:
            outcome.output.backward(outcome.output_grad, propagator=self._propagator, **options)

    def step(self) -> dict[str, Any]:
        """Make Adam's update where there is a gradient."""
        gradients = self._finite_gradients()
        for parameter, tensor in zip(self.parameters, self._tensors, strict=True):
            _shadow(tensor, parameter, gradients.get(parameter))
        self._adam.step()
        entry: dict[str, Any] = {
            "updated": self._write(gradients),
            "gradient": {p.base_name: g for p, g in gradients.items()},
        }
        unmoved = [p.base_name for p in self.parameters if p not in gradients]
        if unmoved:
            entry["note"] = "; ".join([f"no gradient: {', '.join(unmoved)}", *self._failures])
        self.log.append(entry)
        return entry

    def _finite_gradients(self) -> dict[ParameterNode[Any], float]:
        gradients = {p: self._propagator.gradient(p) for p in self.parameters}
        return {p: float(g) for p, g in gradients.items() if g is not None and math.isfinite(g)}

    def _write(self, moved: dict[ParameterNode[Any], float]) -> dict[str, float]:
        updated = {}
        for parameter, tensor in zip(self.parameters, self._tensors, strict=True):
            if parameter in moved:
                parameter.update(tensor.item())
                updated[parameter.base_name] = tensor.item()
        return updated


def _shadow(tensor: Any, parameter: ParameterNode[Any], gradient: float | None) -> None:
    """Give Adam the current value and gradient; without a gradient torch skips the tensor."""
    tensor.fill_(float(parameter.data))
    tensor.grad = None if gradient is None else tensor.new_tensor(gradient)


def _torch() -> Any:
    try:
        import torch
    except ImportError as error:
        raise UserError("Adam needs torch: pip install 'trace-bench[numerical]'") from error
    return torch
