"""A small problem that provides every capability, for the optimizers' contract."""

from collections.abc import Collection
from typing import Any

from trace_core import ExecutionError, node
from trace_core.opto import Interval, Outcome, Problem


class Slopes(Problem):
    """Minimise (a - 2)² + |b + 1|: two floats within -4..4, starting at 0.

    Args:
        failing: evaluations, counted from 0, at which the workflow fails.
    """

    context = "Two numbers, `a` and `b`, decide a loss, which should become 0."

    def __init__(self, failing: Collection[int] = ()) -> None:
        self.parameters = tuple(node(0.0, name=name, trainable=True) for name in ("a", "b"))
        self.bounds = {name: Interval(-4.0, 4.0) for name in ("a", "b")}
        self.evaluations = 0
        self._failing = failing

    def oracle(self) -> Outcome:
        a, b = self.parameters
        self.evaluations += 1
        try:
            short = a - 2.0
            loss = short * short + abs(b + 1.0)
            if self.evaluations - 1 in self._failing:
                loss = loss / 0.0
        except ExecutionError as error:
            return Outcome(error.exception_node, str(error.exception_node.data))
        feedback = f"The loss is {loss.data:.4f}: make it smaller."
        return Outcome(loss, feedback, score=loss.data, output_grad=1.0, solved=loss.data < 1e-6)


def guarded(outcome: Outcome, forbidden: Collection[str]) -> Outcome:
    """The same outcome, but reading a forbidden field is an AssertionError."""
    return type("Guarded", (_Guarded,), {"forbidden": frozenset(forbidden)})(outcome)


class _Guarded(Outcome):
    forbidden: frozenset[str] = frozenset()

    def __init__(self, outcome: Outcome) -> None:
        object.__setattr__(self, "_outcome", outcome)

    def __getattribute__(self, name: str) -> Any:
        forbidden = object.__getattribute__(self, "forbidden")
        assert name not in forbidden, f"reads {name}, which it has not declared"
        if name.startswith("_") or name == "forbidden":
            return object.__getattribute__(self, name)
        return getattr(object.__getattribute__(self, "_outcome"), name)
