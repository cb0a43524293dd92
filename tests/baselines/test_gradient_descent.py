import numpy as np
import pytest
import torch

from trace_bench.baselines.gradient_descent import GradientDescent
from trace_core import BackwardError, bundle, node
from trace_core.opto import Outcome

from .contract import OptimizerContract, drive
from .slopes import Slopes


class TestGradientDescent(OptimizerContract):
    optimizer = GradientDescent
    settings = {"lr": 0.1}


def test_it_is_torchs_sgd() -> None:
    problem = Slopes()
    visited = drive(GradientDescent(problem.parameters, lr=0.1), problem, 20)
    a, b = (torch.zeros((), dtype=torch.float64, requires_grad=True) for _ in range(2))
    reference = torch.optim.SGD([a, b], lr=0.1)
    for values in visited:
        reference.zero_grad()
        ((a - 2.0) ** 2 + (b + 1.0).abs()).backward()
        reference.step()
        assert values == pytest.approx({"a": a.item(), "b": b.item()}, rel=1e-12)


def test_arrays_move_as_a_whole_and_only_with_a_finite_gradient() -> None:
    w = node(np.array([1.0, 2.0]), name="w", trainable=True)
    optimizer = GradientDescent([w], lr=0.5)
    before = w.data
    optimizer.backward(Outcome(w * 3.0, "", output_grad=np.ones(2)))
    entry = optimizer.step()
    assert entry == {"updated": {"w": [-0.5, 0.5]}, "gradient": {"w": [3.0, 3.0]}}
    assert before.tolist() == [1.0, 2.0]
    optimizer.zero_feedback()
    optimizer.backward(Outcome(w * 3.0, "", output_grad=np.array([1.0, np.inf])))
    assert optimizer.step()["note"] == "no gradient: w"
    assert w.data.tolist() == [-0.5, 0.5]


def test_an_operator_without_a_derivative_is_one_clear_line() -> None:
    @bundle()
    def mystery(x: float) -> float:
        return x

    x = node(1.0, name="x", trainable=True)
    with pytest.raises(BackwardError, match="the derivative of 'mystery' is not known") as caught:
        GradientDescent([x]).backward(Outcome(mystery(x), "", output_grad=1.0))
    assert "\n" not in str(caught.value)
