import math

import pytest
import torch

from trace_bench.baselines.adam import Adam
from trace_core import node
from trace_core.opto import Outcome

from .contract import OptimizerContract, drive
from .slopes import Slopes


class TestAdam(OptimizerContract):
    optimizer = Adam
    settings = {"lr": 0.3}


def test_it_is_torchs_adam() -> None:
    problem = Slopes()
    visited = drive(Adam(problem.parameters, lr=0.1), problem, 20)

    a, b = (torch.zeros((), dtype=torch.float64, requires_grad=True) for _ in range(2))
    reference = torch.optim.Adam([a, b], lr=0.1)
    for values in visited:
        reference.zero_grad()
        ((a - 2.0) ** 2 + (b + 1.0).abs()).backward()
        reference.step()
        assert values == pytest.approx({"a": a.item(), "b": b.item()}, rel=1e-12)


def test_the_first_update_is_the_learning_rate() -> None:
    problem = Slopes()
    assert drive(Adam(problem.parameters), problem, 1)[0] == pytest.approx({"a": 0.1, "b": -0.1})


def test_a_failed_outcome_changes_nothing_and_says_so() -> None:
    problem = Slopes(failing=(1,))
    adam = Adam(problem.parameters)
    before, after = drive(adam, problem, 2)
    assert after == before
    assert adam.log[1]["updated"] == {}
    assert adam.log[1]["note"] == "no gradient: a, b; (ZeroDivisionError) float division by zero"


def test_a_gradient_that_is_not_finite_does_not_reach_adams_moments() -> None:
    problem, twin = Slopes(), Slopes()
    adam = Adam(problem.parameters)
    outcome = problem.oracle()
    adam.backward(Outcome(outcome.output, "", output_grad=math.nan))
    assert "no gradient: a, b" in adam.step()["note"]
    adam.zero_feedback()
    assert drive(adam, problem, 3) == drive(Adam(twin.parameters), twin, 3)


def test_gradients_of_a_minibatch_add_up() -> None:
    x = node(1.0, name="x", trainable=True)
    adam = Adam([x])
    for slope in (2.0, 5.0):
        adam.backward(Outcome(x * slope, "", output_grad=1.0))
    assert adam.step()["gradient"] == {"x": 7.0}


def test_a_parameter_off_the_path_stays() -> None:
    x, idle = (node(1.0, name=name, trainable=True) for name in ("x", "idle"))
    adam = Adam([x, idle])
    adam.backward(Outcome(x * 2.0, "", output_grad=1.0))
    assert adam.step()["note"] == "no gradient: idle"
    assert (x.data, idle.data) == (pytest.approx(0.9), 1.0)


def test_a_value_changed_from_outside_is_where_it_goes_on() -> None:
    x = node(1.0, name="x", trainable=True)
    adam = Adam([x])
    x.update(5.0)
    adam.backward(Outcome(x * 2.0, "", output_grad=1.0))
    adam.step()
    assert x.data == pytest.approx(4.9)
