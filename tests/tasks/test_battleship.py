"""The task: what an optimizer sees, where its code runs, and what it can't reach."""

import json
from dataclasses import replace
from itertools import count

import pytest
import yaml
from matplotlib.figure import Figure

from tests.fresh_process import ROOT
from trace_bench.tasks.battleship import Battleship
from trace_bench.tasks.battleship.board import Board
from trace_bench.tasks.battleship.evaluation import METRIC
from trace_bench.tasks.battleship.problem import BattleshipProblem
from trace_core import GRAPH, ExceptionNode, UserError, sandbox
from trace_core.llm import Reply, Request
from trace_core.optimizers import OptoPrime
from trace_core.opto import Problem, Visit

from .contract import TaskContract
from .visible import visible

CONFIG = yaml.safe_load((ROOT / "conf/task/battleship.yaml").read_text())
SETTINGS = {k: v for k, v in CONFIG.items() if k not in ("name", "kind", "description")}
REASON = """\
def reason(self, map):
    return [[r, c] for r, row in enumerate(map) for c, s in enumerate(row) if s == "."]"""
ACT = "def act(self, map, plan):\n    return plan[0]"


def small(**changes) -> Battleship:
    given = {"height": 5, "width": 5, "ships": [4, 3, 3, 2], "misses": 8, "boards": 3}
    return Battleship(**{**SETTINGS, **given, **changes})


def taught(problem: BattleshipProblem, reason: str = REASON, act: str = ACT) -> BattleshipProblem:
    for parameter, code in zip(problem.parameters, (reason, act), strict=True):
        parameter.update(code)
    return problem


@pytest.fixture
def boxed():
    """The sandbox of a run, with the limits that make a test quick."""
    task = small()
    with sandbox.use("auto", imports=task.imports, limits=sandbox.Limits(call_s=3.0)) as chosen:
        yield chosen


class TestBattleship(TaskContract):
    beyond = None

    @classmethod
    def task(cls) -> Battleship:
        return small()

    def sabotage(self, problem: Problem) -> None:
        problem.parameters[1].update("def act(self, map, plan):\n    return 'nowhere'")

    @classmethod
    def snapshot(cls, seed: int) -> str:
        """Of enumeration: the stubs fail alike on every board."""
        problem = cls.task().problem(seed).under_policy("enumeration")
        shots = [visible(problem, problem.oracle()) for _ in range(25)]
        return "\n".join(shots) + repr(problem.evaluate())


def test_the_presets_are_as_said():
    for name, height, squares in (("battleship_demo", 5, 12), ("battleship_8x8", 8, 17)):
        own = yaml.safe_load((ROOT / f"conf/task/{name}.yaml").read_text())
        merged = {**SETTINGS, **{k: v for k, v in own.items() if k in SETTINGS}}
        board = Battleship(**merged).problem(0).fresh_boards(0)[0]
        assert len(board.map()) == height
        assert sum(map(len, board.ships)) == squares


# Training


def test_the_stubs_fail_and_say_what_a_shot_is():
    outcome = small().problem(0).oracle()
    assert isinstance(outcome.output, ExceptionNode)
    assert "must be [row, col], two whole numbers, not None" in outcome.feedback
    assert outcome.score is None


def test_training_takes_one_shot_an_iteration_and_a_new_board_when_one_is_finished(boxed):
    problem = taught(small().problem(0))
    boards, hits = [], 0
    for _ in range(60):
        outcome = problem.oracle()
        assert outcome.feedback in ("Got 1 reward.", "Got 0 reward.")
        hits += outcome.feedback == "Got 1 reward."
        boards.append(tuple(next(p for p in outcome.output.parents if p.base_name == "map").data))
    assert hits >= 24, "two boards of 12 ship squares were finished"
    assert sum(all(set(row) == {"."} for row in board) for board in boards) >= 2


def test_a_failing_shot_is_a_retry(boxed):
    problem = taught(small().problem(0))
    problem.oracle()
    before = visible(problem, problem.oracle())
    problem = taught(small().problem(0))
    problem.oracle()
    taught(problem, act="def act(self, map, plan):\n    return [0, 0]")
    assert "was fired at before" in problem.oracle().feedback
    assert visible(taught(problem), problem.oracle()) == before


def test_the_trace_leads_from_both_functions_to_the_shot(boxed):
    outcome = taught(small().problem(0)).oracle()
    names, stack = [], [outcome.output]
    while stack:
        node = stack.pop()
        names.append(node.base_name)
        stack += node.parents
    assert names.count("__code") == 2 and "map" in names


# Evaluation


def test_learnt_code_plays_in_the_sandbox_as_the_same_policy_does_here(boxed):
    learnt, reference = taught(small().problem(4)), small().problem(4).under_policy("enumeration")
    assert learnt.evaluate() == reference.evaluate()
    assert boxed.name in sandbox.ISOLATING


def test_every_iteration_has_fresh_boards_and_they_are_every_optimizers(boxed):
    one, other = taught(small().problem(0)), taught(small().problem(0))
    first, second = one.evaluate(), one.evaluate()
    assert first != second
    assert [other.evaluate(), other.evaluate()] == [first, second]


BAD = {
    "none": "return None",
    "text": "return 'B4'",
    "outside": "return [99, 0]",
    "repeated": "return [0, 0]",
    "floats": "return [0.5, 1.5]",
    "huge list": "return list(range(100_000))",
    "raises": "return plan[10 ** 9]",
    "exits": "raise SystemExit",
    "peeks at the board": "return self._board._occupied",
    "peeks at the problem": "return self.problem.fresh_boards(0)",
    "peeks at frames": "import sys; return sys._getframe(1).f_back.f_locals['board']",
    "peeks at objects": "import gc; return [o for o in gc.get_objects() if hasattr(o, 'ships')][0]",
    "peeks at its globals": "return [v for v in vars().values() if hasattr(v, 'ships')][0]",
    "peeks at its closure": "return act.__closure__[0].cell_contents",
    "peeks at the stand-in": "return vars(self)",
    "peeks at classes": "return [c for c in object.__subclasses__() if 'Board' in c.__name__][0]",
    "peeks at modules": "from trace_bench.tasks.battleship import Battleship; return [0, 1]",
}


@pytest.mark.parametrize("name", BAD)
def test_bad_policies_are_feedback_and_the_game_goes_on(boxed, name):
    problem = taught(small().problem(0), act=f"def act(self, map, plan):\n    {BAD[name]}")
    for _ in range(2):
        outcome = problem.oracle()
    assert isinstance(outcome.output, ExceptionNode)
    assert 0 < len(outcome.feedback) < 1000
    found = problem.evaluate()
    assert found[METRIC] < 15
    assert taught(problem).oracle().feedback.startswith("Got")


def test_a_policy_that_loops_for_ever_costs_a_few_time_outs_only(boxed):
    problem = taught(small(boards=20).problem(0), act="def act(self, map, plan):\n    while 1: 1")
    assert "it took longer than 3" in problem.oracle().feedback
    found = problem.evaluate()
    assert (found["games_stopped"], found[METRIC]) == (20, 0)


def test_printed_output_and_state_do_not_disturb(boxed):
    act = "def act(self, map, plan):\n    print('x' * 10 ** 6)\n    return plan[0]"
    assert taught(small().problem(0), act=act).oracle().feedback.startswith("Got")


# Secrets


class Listener:
    """Answers with nothing usable and keeps what it was shown."""

    name, is_mock = "listener", True

    def __init__(self) -> None:
        self.requests: list[str] = []

    def settings(self):
        return {}

    def complete(self, request: Request) -> Reply:
        self.requests.append(json.dumps(request.as_json(), sort_keys=True))
        return Reply("{}")


def prompts(seed: int, monkeypatch, ships) -> list[str]:
    """All that OptoPrime shows of a trial in which the last row of the board is not reached."""
    GRAPH.clear()
    problem, listener = taught(small().problem(seed)), Listener()
    problem._board = Board(5, 5, ships)
    optimizer = OptoPrime.for_problem(problem, seed=0, llm=listener, memory_size=10)
    for _ in range(5):
        optimizer.zero_feedback()
        optimizer.backward(problem.oracle())
        optimizer.step()
        problem.evaluate()
    return listener.requests


def test_where_ships_are_hidden_changes_nothing_that_an_optimizer_sees(boxed, monkeypatch):
    here, there = frozenset({(4, 0), (4, 1)}), frozenset({(3, 3), (4, 3)})
    assert prompts(0, monkeypatch, [here]) == prompts(0, monkeypatch, [there])
    assert prompts(0, monkeypatch, [frozenset({(0, 0)})]) != prompts(0, monkeypatch, [here])


def test_the_seed_of_the_trial_alone_does_not_tell_the_ships():
    import numpy as np

    naive = [small().game.draw(np.random.default_rng(seed)).ships for seed in range(5)]
    assert naive != [small().problem(seed).fresh_boards(0)[0].ships for seed in range(5)]


# Pictures


def test_a_run_can_be_drawn(boxed):
    task, numbers = small(boards=2), count()
    code = {"reason_code": REASON, "act_code": ACT}
    visits = [Visit(next(numbers), code, score) for score in (0.0, 40.0, 30.0)]
    drawn = task.pictures(0, visits)
    assert set(drawn) == {"learning", "games"}
    for draw in drawn.values():
        figure = Figure()
        draw(figure)
        figure.canvas.draw()
        assert figure.axes
    assert set(task.pictures(0, [Visit(0, {}, 20.0)])) == {"learning"}


def test_too_many_ships_are_one_line():
    with pytest.raises(UserError, match="find no place"):
        small(ships=[5, 5, 5, 5, 5, 5]).problem(0)


def test_a_solution_hits_every_ship_of_every_game(boxed):
    problem = taught(small(misses=25).problem(0))
    assert problem.is_solution()
    outcome = problem.oracle()
    assert not problem.is_solution(outcome)  # one shot says nothing
    assert problem.is_solution(replace(outcome, score=100.0))


def test_a_reference_policy_is_calibrated_to_the_boards_that_it_was_scored_on():
    task = Battleship(boards=20)
    problem = task.problem(0)
    at_play = problem.under_policy("enumeration")
    scores = [at_play.evaluate()[METRIC] for _ in range(3)]
    assert len(set(scores)) > 1  # other boards in each iteration
    assert task.calibrate(problem, scores[-1]) == 0
    assert problem.level("enumeration") == scores[-1]
