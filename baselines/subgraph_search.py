"""Exact search with the minimal subgraph: the optimizer in the proof of Theorem 2 (App. E.2)."""

from __future__ import annotations

from typing import Any, ClassVar

from trace_core import ExceptionNode, MessageNode, Node, trace_feedback
from trace_core.optimizers import Optimizer
from trace_core.opto import FEEDBACK, Outcome


class SubgraphSearch(Optimizer):
    """Flips the binary digit whose check has failed, which only the minimal subgraph tells.

    The trace is a chain of checks, the last of which failed: its input `digit` is an item of the
    parameter, at the input `index` of the operator that read it.
    """

    needs: ClassVar[frozenset[str]] = frozenset({FEEDBACK, "digit checks"})

    def propagate(self, outcome: Outcome, **options: Any) -> None:
        """Bring the minimal subgraph and the feedback to the parameter."""
        outcome.output.backward(outcome.feedback, **options)

    def step(self) -> dict[str, Any]:
        """Flip a digit, unless nothing was checked."""
        (number,) = self.parameters
        entry: dict[str, Any] = {}
        for output, _ in trace_feedback(self.parameters).feedback:
            if isinstance(output, ExceptionNode):
                entry["note"] = str(output.data)
                continue
            place = _place(output)
            digits = list(number.data)
            digits[place] = 1 - digits[place]
            number.update(digits)
            entry["flipped"] = place
        self.log.append(entry)
        return entry


def _place(check: Node[Any]) -> int:
    """Where the digit stands that was checked."""
    assert isinstance(check, MessageNode)
    digit = check.inputs["digit"]
    assert isinstance(digit, MessageNode)
    return int(digit.inputs["index"].data)
