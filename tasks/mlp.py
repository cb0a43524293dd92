"""Task `mlp`: a small neural network trained by back-propagation (the paper's Example 1)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from annotated_types import Ge, Gt, Lt

from trace_core import ExecutionError, Node, UserError, bundle, node, stop_tracing
from trace_core.opto import FEEDBACK, GRADIENT, SCORE, Outcome, Problem, Task

if TYPE_CHECKING:
    import numpy as np

STREAM = 0x31A9
"""Sets the task's random stream apart from others that are seeded with the trial's number."""
CONTEXT = (
    "A neural network with one hidden layer computes a number from the numbers of each row of "
    "`points`. Change its weights and biases so that these numbers come close to `targets`: "
    "minimise the loss."
)
Weights = tuple["np.ndarray", "np.ndarray", "np.ndarray", "np.ndarray"]
"""Weights and biases of the hidden layer, (inputs, hidden) and (hidden,); of the output, (hidden,)
and ()."""
NAMES = ("hidden_weights", "hidden_biases", "output_weights", "output_bias")


@bundle()
def tanh(x: np.ndarray) -> np.ndarray:
    """The hyperbolic tangent of each element."""
    import numpy as np

    return np.tanh(x)  # type: ignore[no-any-return]


@tanh.differentiate
def _(g: Any, z: Any, x: Any) -> tuple[Any]:
    return (g * (1 - z * z),)


@bundle()
def mean_square(errors: np.ndarray) -> float:
    """The mean of the squares of all elements, which must be finite."""
    loss = float((errors * errors).mean())
    if not math.isfinite(loss):
        raise OverflowError("the loss is not a finite number")
    return loss


@mean_square.differentiate
def _(g: Any, z: Any, errors: Any) -> tuple[Any]:
    return (g * 2 * errors / errors.size,)


def network(points: Any, weights: Any) -> Any:
    """What the network says of each point: for nodes a node, and so for arrays."""
    hidden_weights, hidden_biases, output_weights, output_bias = weights
    return tanh(points @ hidden_weights + hidden_biases) @ output_weights + output_bias


@dataclass(frozen=True, slots=True)
class Trial:
    """What a problem is made from: points and targets to train on and held out, the start."""

    train: tuple[np.ndarray, np.ndarray]
    held_out: tuple[np.ndarray, np.ndarray]
    start: Weights
    teacher: Weights


class MLPProblem(Problem):
    """Minimise the mean squared error of a network on data that a hidden teacher made.

    The teacher is a network of the same form with fewer hidden units: 0 is attained.
    """

    context = CONTEXT

    def __init__(self, trial: Trial, tolerance: float) -> None:
        self.trial = trial
        self.parameters = tuple(
            node(value.copy(), name=name, trainable=True)
            for name, value in zip(NAMES, trial.start, strict=True)
        )
        self._tolerance = tolerance
        points, targets = trial.train
        self._points, self._targets = node(points, name="points"), node(targets, name="targets")

    def oracle(self) -> Outcome:
        """The loss on the training data; shapes that do not fit are a failure like any other."""
        try:
            loss = self._loss(self._points, self._targets)
        except ExecutionError as error:
            return Outcome(error.exception_node, str(error.exception_node.data))
        feedback = f"The loss is {loss.data:.6g}. Make it smaller."
        solved = loss.data <= self._tolerance
        return Outcome(loss, feedback, loss.data, output_grad=1.0, solved=solved)

    def evaluate(self) -> dict[str, float]:
        """The loss on held-out data."""
        with stop_tracing():
            try:
                return {"held_out_loss": self._loss(*map(node, self.trial.held_out)).data}
            except ExecutionError:
                return {"held_out_loss": float("nan")}

    def _loss(self, points: Node[Any], targets: Node[Any]) -> Any:
        import numpy as np

        with np.errstate(over="ignore", invalid="ignore"):  # mean_square tells
            return mean_square(network(points, self.parameters) - targets)


class MLP(Task):
    """Train a multi-layer perceptron with gradients that travel through the trace (Example 1).

    Args:
        inputs: numbers of a point.
        hidden: hidden units of the network.
        teacher: hidden units of the network that made the targets.
        points: of the training data, and as many held out.
        tolerance: loss that counts as solved; the targets have variance 1.
    """

    metric: ClassVar[str] = "training loss (mean squared error)"
    lower_metrics: ClassVar[frozenset[str]] = frozenset({"held_out_loss"})
    provides: ClassVar[frozenset[str]] = frozenset({FEEDBACK, SCORE, GRADIENT})
    iterations: ClassVar[int] = 300
    cpu_bound: ClassVar[bool] = False

    def __init__(
        self,
        *,
        inputs: Annotated[int, Ge(1)] = 2,
        hidden: Annotated[int, Ge(1)] = 8,
        teacher: Annotated[int, Ge(1)] = 2,
        points: Annotated[int, Ge(2)] = 64,
        tolerance: Annotated[float, Gt(0), Lt(1)] = 1e-3,
    ) -> None:
        if teacher > hidden:
            raise ValueError(f"{teacher=} is more than {hidden=}: the loss could not become 0")
        self.inputs, self.hidden, self.teacher = inputs, hidden, teacher
        self.points, self.tolerance = points, tolerance

    def problem(self, seed: int) -> MLPProblem:
        """Trial `seed`: its own teacher, data and start.

        Raises:
            UserError: there is no such trial.
        """
        return MLPProblem(self.trial(seed), self.tolerance)

    def trial(self, seed: int) -> Trial:
        """The data, the start and the teacher of a trial: not for optimizers."""
        import numpy as np

        if seed < 0:
            raise UserError(f"seed={seed} is no trial: they are numbered from 0.")
        rng = np.random.default_rng((seed, STREAM))
        teacher = _draw(rng, self.inputs, self.teacher)
        train, held_out = rng.normal(size=(2, self.points, self.inputs))
        teacher = _standardized(teacher, train)
        data = [(points, _outputs(points, teacher)) for points in (train, held_out)]
        return Trial(data[0], data[1], _draw(rng, self.inputs, self.hidden), teacher)

    def calibrate(self, problem: Problem, score: float) -> float:
        """0 = the loss of a network that always says the mean, which is 1; 1 = solved."""
        return min(1.0, (1 - score) / (1 - self.tolerance))


def _draw(rng: np.random.Generator, inputs: int, hidden: int) -> Weights:
    """Draw weights; the more inputs a unit has, the smaller, so that it does not saturate."""
    return (
        rng.normal(size=(inputs, hidden)) / inputs**0.5,
        rng.normal(size=hidden),
        rng.normal(size=hidden) / hidden**0.5,
        rng.normal(size=()),
    )


def _standardized(teacher: Weights, points: np.ndarray) -> Weights:
    """The teacher with its output shifted and scaled to mean 0 and variance 1 on the points."""
    outputs = _outputs(points, teacher)
    first, second, weights, bias = teacher
    return first, second, weights / outputs.std(), (bias - outputs.mean()) / outputs.std()


def _outputs(points: np.ndarray, weights: Weights) -> np.ndarray:
    with stop_tracing():
        return network(node(points), weights).data  # type: ignore[no-any-return]
