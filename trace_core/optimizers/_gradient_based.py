"""What optimizers have in common that follow gradients propagated through the trace."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from trace_core._node import ExceptionNode, ParameterNode
from trace_core._propagate import GradientPropagator
from trace_core.opto import GRADIENT, Outcome

from ._base import Optimizer

Gradients = Mapping[ParameterNode[Any], Any]


class GradientBased(Optimizer):
    """Moves parameters along their gradients; a subclass supplies `descend`.

    Several outcomes before one `step` add up, as in torch. Where there is no finite gradient, as
    after a failure, parameters stay as they are; the log says so.

    Args:
        parameters: numbers or NumPy arrays of floats.
    """

    needs: ClassVar[frozenset[str]] = frozenset({GRADIENT})

    def __init__(self, parameters: Sequence[ParameterNode[Any]]) -> None:
        super().__init__(parameters)
        self._propagator = GradientPropagator()
        self._failures: list[str] = []

    @abstractmethod
    def descend(self, gradients: Gradients) -> None:
        """Update the parameters that have a gradient, each with a new value."""

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
        """Make an update where there is a gradient."""
        gradients = {p: self._propagator.gradient(p) for p in self.parameters}
        finite = {p: g for p, g in gradients.items() if g is not None and _is_finite(g)}
        self.descend(finite)
        entry: dict[str, Any] = {
            "updated": {p.base_name: _plain(p._data) for p in finite},
            "gradient": {p.base_name: _plain(g) for p, g in finite.items()},
        }
        unmoved = [p.base_name for p in self.parameters if p not in finite]
        if unmoved:
            entry["note"] = "; ".join([f"no gradient: {', '.join(unmoved)}", *self._failures])
        self.log.append(entry)
        return entry


def _is_finite(gradient: Any) -> bool:
    if not getattr(gradient, "shape", ()):
        return math.isfinite(gradient)
    import numpy as np

    return bool(np.isfinite(gradient).all())


def _plain(value: Any) -> Any:
    """As JSON data."""
    return value.tolist() if hasattr(value, "tolist") else float(value)
