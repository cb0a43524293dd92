"""One numerical problem: find the x for which y(x) = y*, told "larger" or "smaller"."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

from trace_core import ExecutionError, Node, bundle, node
from trace_core.opto import Interval, Outcome, Problem

from .trial import Trial

PARAMETER = "input_x"
CONTEXT = (
    "A number `input_x` goes through a chain of arithmetic operations, which ends in one output "
    "number. Find the value of `input_x` at which the output is what the feedback asks for. The "
    "feedback says whether the output has to become larger or smaller, or that it is right."
)
SEARCH = Interval(-10.0, 10.0)
"""Where black boxes look: wider than the range of x*, -3..3, which it must not give away."""


class NumericalProblem(Problem):
    """Minimise |y(x) - y*| over x; y* = y(x*), so 0 is attained.

    x* and y* are in no node and in no text.

    Args:
        trial: y(x) and the hidden x*.
        start: x0, the same for every optimizer.
        tolerance: the largest |y - y*| that counts as solved.
    """

    context = CONTEXT

    def __init__(self, trial: Trial, *, start: float, tolerance: float) -> None:
        x = node(start, name=PARAMETER, trainable=True, description="The number to find.")
        self.parameters = (x,)
        self.bounds = {x.base_name: SEARCH}
        self._trial = trial
        self._target = trial.graph.evaluate(trial.solution)
        self._start_error = trial.start_error(start)
        self._tolerance = tolerance
        # Made once: a constant keeps its name from one iteration to the next.
        self._constants = [node(value, name="constant") for value in trial.graph.constants]

    def oracle(self) -> Outcome:
        """Run the graph on the current x; a failing or infinite result is an `ExceptionNode`."""
        try:
            output = self._trial.graph.evaluate(self.parameters[0], self._constants)
            if not _is_finite(output.data):
                require_finite(output)
        except ExecutionError as error:
            return Outcome(error.exception_node, str(error.exception_node.data))
        return self._judge(output)

    def calibrate(self, score: float) -> float:
        """0 for the error at the start, 1 for any that counts as solved."""
        return min(1.0, (self._start_error - score) / (self._start_error - self._tolerance))

    def _judge(self, output: Node[Any]) -> Outcome:
        excess = output.data - self._target
        error = float(abs(excess))
        solved = error <= self._tolerance
        return Outcome(output, _feedback(output.data, excess, solved), error, _sign(excess), solved)


def _feedback(y: float, excess: float, solved: bool) -> str:
    """The texts of the paper's experiment: as much information as the sign of the gradient."""
    if solved:
        return "Success."
    return f"The output {y:.6g} needs to be {'smaller' if excess > 0 else 'larger'}."


def _sign(number: float) -> float:
    """The derivative of |number|, taken as 0 at 0."""
    return float((number > 0) - (number < 0))


def _is_finite(value: object) -> bool:
    """False for inf, nan, integers beyond any float, and all that is not a number."""
    return isinstance(value, int | float) and abs(value) <= sys.float_info.max


@bundle(description="[require_finite] The output must be a finite number.")
def require_finite(output: object) -> NoReturn:
    """Fail: called on outputs that are not finite, so that this step is in failing traces only."""
    raise OverflowError("the output is not a finite number")
