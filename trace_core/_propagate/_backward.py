"""`node.backward`: check, propagate, draw."""

from __future__ import annotations

from typing import Any, Protocol

from trace_core._errors import BackwardError
from trace_core._node import Node

from ._subgraph import GraphPropagator


class _Backward(Protocol):
    def backward(self, output: Node[Any], feedback: Any) -> None: ...


def backward(
    output: Node[Any],
    feedback: Any,
    propagator: _Backward | None,
    retain_graph: bool,
) -> None:
    """See `Node.backward`."""
    more = output._more or {}
    if more.get("used"):
        raise BackwardError(
            f"{output.name} has been through backward already. Run the workflow again, or pass "
            "retain_graph=True to the first call."
        )
    (propagator or GraphPropagator()).backward(output, feedback)
    if output._parents and not retain_graph:  # a root comes from no workflow to run again
        object.__setattr__(output, "_more", {**more, "used": True})
