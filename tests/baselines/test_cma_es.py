"""CMA-ES: the contract, and that it searches where numbers are offered."""

import copy
import math
import pickle
import sys
from pathlib import Path

import pytest

from tests.random_state import random_state_untouched
from trace_bench import registry
from trace_bench.baselines.cma_es import CmaEs
from trace_bench.capabilities import fitting, missing
from trace_core import UserError, node
from trace_core.opto import BOUNDS, NUMBERS, Interval, Outcome, Problem

from .contract import OptimizerContract, drive
from .slopes import Slopes


class TestCmaEs(OptimizerContract):
    optimizer = CmaEs
    settings = {"population": 3}


class Bowl(Problem):
    """The squared distance of some numbers from 3, within 0..10; or minus that, to maximise."""

    def __init__(self, size: int = 4, sign: float = 1.0, integer: bool = False) -> None:
        self.parameters = tuple(node(9, name=f"x{k}", trainable=True) for k in range(size))
        self.bounds = {f"x{k}": Interval(0, 10, integer=integer) for k in range(size)}
        self.lower_is_better = sign > 0
        self.sign = sign

    def oracle(self) -> Outcome:
        cost = math.fsum((p.data - 3) ** 2 for p in self.parameters)
        return Outcome(self.parameters[0], "", score=self.sign * cost)


class Program(Problem):
    """Its parameter is a text, and it offers a bowl in its place."""

    def __init__(self) -> None:
        self.parameters = (node("def act(): ...", name="code", trainable=True),)
        self._bowl = Bowl()

    def oracle(self) -> Outcome:
        raise AssertionError("the numbers are in charge")

    def in_numbers(self) -> Problem:
        return self._bowl


@pytest.mark.parametrize(
    "problem", [Bowl(), Bowl(sign=-1.0), Bowl(size=1), Bowl(size=2, integer=True)]
)
def test_it_comes_down_to_the_best_values(problem):
    drive(CmaEs.for_problem(problem, seed=1), problem, 300)
    assert all(abs(p.data - 3) < 0.2 for p in problem.parameters)
    assert all(type(p.data) is int for p in problem.parameters) == problem.bounds["x0"].integer


def test_the_first_generation_is_drawn_around_the_common_start():
    problem = Bowl()
    optimizer = CmaEs.for_problem(problem, seed=0, population=40, spread=0.01)
    for values in drive(optimizer, problem, 40):
        assert all(8.4 < value < 9.6 for value in values.values())


def test_numbers_are_searched_in_place_of_parameters_of_another_kind():
    problem = Program()
    optimizer = CmaEs.for_problem(problem, seed=0)
    steps = list(optimizer.fit(problem, 5))
    assert [set(step.parameters) for step in steps] == [{"x0", "x1", "x2", "x3"}] * 6
    assert problem.parameters[0].data == "def act(): ..."


def test_bounds_are_numbers_too_and_a_task_without_either_is_refused():
    tasks = registry.usable("task", ["traffic", "metaworld_push", "battleship"])
    assert BOUNDS in tasks["traffic"].provides and NUMBERS not in tasks["traffic"].provides
    assert not missing(tasks["traffic"], CmaEs) and not missing(tasks["metaworld_push"], CmaEs)
    assert NUMBERS in missing(tasks["battleship"], CmaEs)
    assert {"cma_es", "expert", "zero_controller", "optoprime", "opro"} <= set(
        fitting(tasks["metaworld_push"])
    )
    assert "gp" not in fitting(tasks["metaworld_push"]), "it takes the parameters as they are"


@pytest.mark.parametrize("twin", [copy.deepcopy, lambda item: pickle.loads(pickle.dumps(item))])
def test_a_copy_goes_on_as_the_original(twin):
    problem = Slopes()
    optimizer = CmaEs.for_problem(problem, seed=3)
    drive(optimizer, problem, 9)
    other, own = twin((optimizer, problem))
    assert drive(other, own, 9) == drive(optimizer, problem, 9)


def test_nothing_is_printed_written_or_drawn_from_the_global_generator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    problem = Bowl()
    with random_state_untouched():
        drive(CmaEs.for_problem(problem, seed=0), problem, 60)
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")


def test_a_missing_package_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cma", None)
    with pytest.raises(UserError, match=r"pip install 'trace-bench\[metaworld\]'"):
        CmaEs.for_problem(Slopes(), seed=0)
