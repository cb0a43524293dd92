"""Meta-World: the layer over the simulator, the task, its reference policies."""

import math

import numpy as np
import pytest

from tests.tasks.contract import TaskContract
from trace_bench.tasks.metaworld import Metaworld
from trace_bench.tasks.metaworld.action import require_action
from trace_core import ExceptionNode, UserError, sandbox

CRASH = "def act(obs):\n    raise KeyError('goal')"
REACH = """def act(obs):
    hand, goal = obs["hand_pos"], obs["goal_pos"]
    return [goal[0] - hand[0], goal[1] - hand[1], goal[2] - hand[2], 0.0]
"""


def small(**settings):
    return Metaworld(**{"horizon": 4, "held_out": 2, **settings})


@pytest.fixture(autouse=True)
def boxed():
    with sandbox.use("auto", imports=small().imports):
        yield


def taught(problem, code):
    problem.parameters[0].update(code)
    return problem


class TestMetaworld(TaskContract):
    beyond = None

    @classmethod
    def task(cls):
        return small()

    def sabotage(self, problem):
        taught(problem, CRASH)


@pytest.mark.parametrize("env", ["reach", "push", "pick-place"])
def test_the_scripted_expert_succeeds_and_the_zero_controller_does_not(env):
    problem = Metaworld(env=env, held_out=3).problem(0)
    for name, share in (("expert", 1.0), ("zero_controller", 0.0)):
        found = problem.under_policy(name).evaluate()
        assert found[Metaworld.judged_by] == share


def test_a_controller_that_goes_to_the_goal_reaches_it():
    problem = taught(small().problem(0), REACH)
    assert problem.oracle().feedback.startswith("Success: true")
    assert problem.evaluate()[Metaworld.judged_by] == 1.0


def test_a_rollout_is_one_graph_and_a_crash_is_its_end():
    outcome = small().problem(0).oracle()
    assert outcome.feedback.startswith("Success: false") and "Return: " in outcome.feedback
    crashed = taught(small().problem(0), CRASH).oracle()
    assert isinstance(crashed.output, ExceptionNode)
    assert "KeyError" in crashed.feedback


@pytest.mark.parametrize(
    "action",
    [
        None, "up", [0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, math.nan], [math.inf, 0, 0, 0],
        [[0, 0, 0, 0]], ["0", 0, 0, 0], {"x": 0}, np.zeros((2, 2)), [True, 0, 0, 0],
    ],
)  # fmt: skip
def test_what_is_no_action_is_refused_in_words(action):
    with pytest.raises(ValueError, match="four finite numbers"):
        require_action(action)


def test_a_bad_action_is_feedback(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for value in ("[0, 0, 0]", "[float('nan')] * 4", "'up'", "[1e9, 0, 0, 0]"):
        code = f"def act(obs):\n    return {value}"
        outcome = taught(small().problem(0), code).oracle()
        assert outcome.feedback
        assert isinstance(outcome.output, ExceptionNode) == ("1e9" not in value)
    assert not list(tmp_path.iterdir()), "the simulator has logged nothing"


def test_an_unknown_environment_gets_a_suggestion():
    with pytest.raises(UserError, match="push"):
        Metaworld(env="pusch")
