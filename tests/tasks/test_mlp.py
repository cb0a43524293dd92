import numpy as np
import pytest
import torch

from trace_bench.baselines.adam import Adam
from trace_bench.baselines.gradient_descent import GradientDescent
from trace_bench.tasks.mlp import MLP, MLPProblem
from trace_core import GradientPropagator
from trace_core.optimizers import Optimizer
from trace_core.opto import Problem

from .contract import TaskContract


class TestMLP(TaskContract):
    beyond = None

    @classmethod
    def task(cls) -> MLP:
        return MLP()

    def solve(self, problem: Problem) -> None:
        """The teacher, with hidden units that have no effect added."""
        hidden_weights, hidden_biases, output_weights, output_bias = problem.trial.teacher
        spare = 8 - hidden_biases.size
        for parameter, value in zip(
            problem.parameters,
            (
                np.pad(hidden_weights, ((0, 0), (0, spare))),
                np.pad(hidden_biases, (0, spare)),
                np.pad(output_weights, (0, spare)),
                output_bias,
            ),
            strict=True,
        ):
            parameter.update(value)

    def sabotage(self, problem: Problem) -> None:
        problem.parameters[0].update(np.zeros((3, 5)))


class Twin:
    """The same network in torch."""

    def __init__(self, problem: MLPProblem) -> None:
        self.points, self.targets = map(torch.tensor, problem.trial.train)
        self.weights = [torch.tensor(p.data, requires_grad=True) for p in problem.parameters]

    def loss(self) -> torch.Tensor:
        a, b, c, d = self.weights
        return ((torch.tanh(self.points @ a + b) @ c + d - self.targets) ** 2).mean()


def test_gradients_are_torchs() -> None:
    problem = MLP().problem(3)
    twin, propagator = Twin(problem), GradientPropagator()
    outcome = problem.oracle()
    outcome.output.backward(outcome.output_grad, propagator=propagator)
    loss = twin.loss()
    loss.backward()
    assert outcome.score == pytest.approx(loss.item(), rel=1e-12)
    for parameter, weight in zip(problem.parameters, twin.weights, strict=True):
        assert propagator.gradient(parameter) == pytest.approx(weight.grad.numpy(), rel=1e-9)


@pytest.mark.parametrize(
    ("optimizer", "twins", "lr"),
    [(GradientDescent, torch.optim.SGD, 0.2), (Adam, torch.optim.Adam, 0.1)],
)
def test_the_training_curve_is_torchs(
    optimizer: type[Optimizer], twins: type[torch.optim.Optimizer], lr: float
) -> None:
    problem = MLP(tolerance=1e-9).problem(0)
    twin = Twin(problem)
    reference = twins(twin.weights, lr=lr)
    expected = []
    for _ in range(61):
        reference.zero_grad()
        loss = twin.loss()
        loss.backward()
        reference.step()
        expected.append(loss.item())
    steps = optimizer.for_problem(problem, seed=0, llm=None, lr=lr).fit(problem, 60)
    assert [step.outcome.score for step in steps] == pytest.approx(expected, rel=1e-6)
    assert expected[-1] < expected[0] / 10


def test_the_reference_optimizer_reaches_the_optimum() -> None:
    task = MLP()
    for seed in range(3):
        problem = task.problem(seed)
        *_, last = Adam(problem.parameters).fit(problem, task.iterations)
        assert last.outcome.solved


def test_a_loss_beyond_all_numbers_is_a_failure() -> None:
    problem = MLP().problem(0)
    problem.parameters[2].update(np.full(8, 1e300))
    assert problem.oracle().error == "(OverflowError) the loss is not a finite number"
    assert np.isnan(problem.evaluate()["held_out_loss"])


def test_a_teacher_larger_than_the_network_is_refused() -> None:
    with pytest.raises(ValueError, match="could not become 0"):
        MLP(hidden=2, teacher=3)
