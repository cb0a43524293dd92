import pytest

from trace_bench.baselines.random_search import RandomSearch
from trace_core import node
from trace_core.opto import Interval, Outcome

from .contract import OptimizerContract, drive
from .slopes import Slopes


class TestRandomSearch(OptimizerContract):
    optimizer = RandomSearch


def proposals(interval: Interval, count: int = 300) -> list[object]:
    x = node(interval.low, name="x", trainable=True)
    search = RandomSearch([x], {"x": interval})
    drawn = []
    for _ in range(count):
        search.backward(Outcome(x, "anything"))
        search.step()
        drawn.append(x.data)
    return drawn


def test_integers_are_honoured() -> None:
    drawn = proposals(Interval(0.5, 3.2, integer=True))
    assert set(drawn) == {1, 2, 3}
    assert all(type(value) is int for value in drawn)


def test_values_fill_the_interval() -> None:
    drawn = proposals(Interval(2.0, 4.0))
    assert 2 <= min(drawn) < 2.1 and 3.9 < max(drawn) <= 4
    assert sum(drawn) / len(drawn) == pytest.approx(3, abs=0.1)


def test_seeds_differ() -> None:
    trajectories = []
    for seed in range(3):
        problem = Slopes()
        optimizer = RandomSearch.for_problem(problem, seed=seed, llm=None)
        trajectories.append(drive(optimizer, problem, 2))
    assert trajectories[0] != trajectories[1] != trajectories[2]


def test_a_parameter_without_bounds_is_named() -> None:
    with pytest.raises(ValueError, match="no bounds for x"):
        RandomSearch([node(1.0, name="x", trainable=True)], {})
