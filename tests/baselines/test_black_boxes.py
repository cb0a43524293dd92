"""GP, PSO, TPE and grid: the contract, and the paper's rules (App. H.3)."""

import logging
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from trace_bench.baselines.gp import GP
from trace_bench.baselines.grid import Grid, values
from trace_bench.baselines.pso import PSO
from trace_bench.baselines.tpe import TPE
from trace_core import node
from trace_core.optimizers import BlackBox
from trace_core.opto import Interval, Outcome, Problem

from .contract import OptimizerContract, drive
from .slopes import Slopes

BLACK_BOXES = [(GP, {"random_points": 3}), (PSO, {"particles": 3}), (TPE, {"random_points": 3})]
EACH = pytest.mark.parametrize(("cls", "settings"), BLACK_BOXES, ids=["gp", "pso", "tpe"])


class TestGP(OptimizerContract):
    optimizer = GP
    settings = {"random_points": 2}


class TestPSO(OptimizerContract):
    optimizer = PSO
    settings = {"particles": 2}


class TestTPE(OptimizerContract):
    optimizer = TPE
    settings = {"random_points": 2}


class TestGrid(OptimizerContract):
    optimizer = Grid
    settings = {"points": 3}


class Well(Problem):
    """(m - 20)² + (n - 40)² over whole numbers from 15 to 90; or minus that, to maximise."""

    def __init__(self, lower_is_better: bool = True, high: int = 90) -> None:
        self.parameters = tuple(node(15, name=name, trainable=True) for name in ("m", "n"))
        self.bounds = {name: Interval(15, high, integer=True) for name in ("m", "n")}
        self.lower_is_better = lower_is_better

    def oracle(self) -> Outcome:
        m, n = (p.data for p in self.parameters)
        cost = float((m - 20) ** 2 + (n - 40) ** 2)
        return Outcome(self.parameters[0], "", score=cost if self.lower_is_better else -cost)


def points(cls: type[BlackBox], problem: Problem, steps: int, **settings: Any) -> list[Any]:
    optimizer = cls.for_problem(problem, seed=1, llm=None, **settings)
    return [tuple(v.values()) for v in drive(optimizer, problem, steps)]


@EACH
def test_whole_numbers_stay_plain_whole_numbers(cls, settings) -> None:
    for point in points(cls, Well(), 8, **settings):
        assert all(type(v) is int and 15 <= v <= 90 for v in point)


@EACH
def test_maximising_a_score_is_minimising_its_negative(cls, settings) -> None:
    assert points(cls, Well(), 7, **settings) == points(cls, Well(False), 7, **settings)


@EACH
def test_it_gets_better_than_the_start(cls, settings) -> None:
    visited = points(cls, Well(), 15, **settings)
    assert min((m - 20) ** 2 + (n - 40) ** 2 for m, n in visited) < 5**2 + 25**2


@EACH
def test_scores_that_are_no_numbers_count_as_failures(cls, settings) -> None:
    problem = Slopes()
    optimizer = cls.for_problem(problem, seed=0, llm=None, **settings)
    for score in (math.nan, math.inf, None, -math.inf, 3.0, math.nan, 2.0):
        optimizer.zero_feedback()
        optimizer.backward(Outcome(problem.parameters[0], "", score=score))
        optimizer.step()
        assert all(math.isfinite(p.data) for p in problem.parameters)


@pytest.mark.parametrize(("cls", "settings"), BLACK_BOXES[:2], ids=["gp", "pso"])
def test_a_repeated_point_is_replaced_by_a_random_one(cls, settings) -> None:
    # On a 4 × 4 grid a converged optimizer would stay where it is; a random point rarely does.
    visited = points(cls, Well(high=18), 20, **settings)
    stays = sum(before == after for before, after in zip(visited, visited[1:], strict=False))
    assert len(set(visited)) > 8
    assert stays < 8


def test_pso_moves_after_each_particle_has_been_evaluated() -> None:
    first = PSO.for_problem(Well(), seed=1, llm=None, particles=4)
    second = PSO.for_problem(Well(), seed=1, llm=None, particles=4)
    before = first._swarm.position.copy()
    problem = Well()
    first.parameters = list(problem.parameters)
    drive(first, problem, 3)
    assert (first._swarm.position == before).all()
    assert (second._swarm.position == before).all()
    drive(first, problem, 1)
    assert (first._swarm.position != before).any()


def test_pso_begins_at_the_common_start() -> None:
    assert list(PSO.for_problem(Well(), seed=1, llm=None)._swarm.position[0]) == [15, 15]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    before = Path.cwd()
    os.chdir(tmp_path)
    yield tmp_path
    os.chdir(before)


@EACH
def test_logging_folder_environment_and_output_are_left_alone(
    cls, settings, elsewhere: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    before = (list(root.handlers), root.level, dict(os.environ))
    points(cls, Well(), 8, **settings)
    assert (list(root.handlers), root.level, dict(os.environ)) == before
    assert list(elsewhere.iterdir()) == []
    assert capfd.readouterr() == ("", "")


@EACH
def test_seeds_differ(cls, settings) -> None:
    visited = []
    for seed in range(3):
        problem = Slopes()
        optimizer = cls.for_problem(problem, seed=seed, llm=None, **settings)
        visited.append(repr(drive(optimizer, problem, 2)))
    assert len(set(visited)) == 3


@EACH
def test_a_parameter_without_bounds_is_named(cls, settings) -> None:
    with pytest.raises(ValueError, match="no bounds for x"):
        cls([node(1.0, name="x", trainable=True)], {}, **settings)


def test_grid_points_come_in_order_and_again() -> None:
    visited = points(Grid, Well(), 10, points=3)
    assert visited[:4] == [(15, 15), (15, 52), (15, 90), (52, 15)]
    assert visited[9] == visited[0] and len(set(visited)) == 9


def test_few_whole_numbers_are_not_visited_twice() -> None:
    assert values(Interval(0.5, 3.2, integer=True), 7) == [1, 2, 3]


def test_tpe_learns_from_failures() -> None:
    """Everything above 30 fails: it must not be drawn at random until ten have succeeded."""
    x = node(15, name="x", trainable=True)
    tpe = TPE([x], {"x": Interval(0, 100, integer=True)}, seed=1)
    failed = []
    for _ in range(60):
        failed.append(x.data > 30)
        tpe.zero_feedback()
        tpe.backward(Outcome(x, "", score=None if x.data > 30 else float(x.data)))
        tpe.step()
    assert sum(failed[:10]) > 5 > sum(failed[-20:])
