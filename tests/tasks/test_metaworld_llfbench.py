"""LLF-Bench's environment in place of ours: a stand-in of its interface, and the real one if here.

The package is not on PyPI. The stand-in has the habits that matter: it seeds the global generators,
writes vectors as "[0.1 0.2]", changes the action that it is given, and is told its control mode.
"""

import json
import random
import sys
from types import ModuleType

import gymnasium
import numpy as np
import pytest

from tests.random_state import random_state_untouched
from trace_bench.tasks.metaworld.robot import Robot, Settings
from trace_bench.tasks.metaworld.simulator import Start
from trace_core import UserError

from .test_metaworld_environment import PAPERS


class StandIn(gymnasium.Env):
    def __init__(self, instruction_type, feedback_type):
        self.told = (instruction_type, feedback_type)
        self.relative = False

    def control_mode(self, mode):
        self.relative = mode == "relative"

    @property
    def expert_action(self):
        return np.array([0.1, 0.0, 0.0, 1.0]) - [*self.hand, 0.0]

    def reset(self, *, seed=None, options=None):
        random.seed(seed)
        np.random.seed(seed)
        self.hand = np.zeros(3)
        return self._said("Steer.", None), {"success": False}

    def step(self, action):
        action[:3] += self.hand if self.relative else 0.0
        self.hand = action[:3].copy()
        words = f"{random.random():.3f} {np.random.random():.3f}"
        return self._said(None, words), 1.0, False, False, {"success": bool(self.hand[0] >= 0.1)}

    def _said(self, instruction, feedback):
        state = {"hand_pos": np.array2string(self.hand, precision=3), "gripper": "0.500"}
        return {
            "instruction": instruction,
            "observation": json.dumps(state),
            "feedback": feedback,
        }


@pytest.fixture
def stand_in(monkeypatch):
    monkeypatch.setitem(sys.modules, "llfbench", ModuleType("llfbench"))
    for version in (1, 2):
        name = f"llf-metaworld-soccer-v{version}"
        gymnasium.register(name, entry_point=StandIn, max_episode_steps=30)
    yield
    for version in (1, 2):
        del gymnasium.registry[f"llf-metaworld-soccer-v{version}"]


def robot(feedback="a", goal: int = 0) -> Robot:
    settings = Settings("soccer", "relative", feedback, "llfbench")
    return Robot(settings, Start(0, goal), settings.build())


def test_its_texts_become_the_observations_of_a_task(stand_in):
    acting = robot()
    assert acting.begin() == ("Steer.", {"hand_pos": [0.0, 0.0, 0.0], "gripper": [0.5]})
    action = [0.02, 0.0, 0.0, 0.0]
    steps = [acting.step(action) for _ in range(2)]
    assert [step.observation["hand_pos"][0] for step in steps] == pytest.approx([0.02, 0.04])
    assert action == [0.02, 0.0, 0.0, 0.0]
    assert acting.step(acting.expert_action()).success


def test_what_is_no_action_does_not_reach_it(stand_in):
    acting = robot()
    acting.reset()
    with pytest.raises(ValueError, match="four finite numbers"):
        acting.step([0.0, float("nan"), 0.0, 0.0])


def test_it_draws_from_the_global_generators_and_leaves_them_alone(stand_in):
    words = []
    for goal in (3, 3, 4):
        with random_state_untouched():
            acting = robot(goal=goal)
            acting.reset()
            words.append([acting.step([0, 0, 0, 0]).feedback for _ in range(3)])
        random.random()
    assert words[0] == words[1] != words[2]
    assert len(set(words[0])) == 3


def test_the_newest_version_is_made_with_the_kinds_of_feedback(stand_in):
    made = robot(feedback=("r", "fp")).environment._environment
    assert made.spec.id == "llf-metaworld-soccer-v2"
    assert made.unwrapped.told == ("b", {"r", "fp"}) and made.unwrapped.relative


def test_an_environment_that_it_lacks_is_one_line(stand_in):
    with pytest.raises(UserError, match=r"llfbench has no environment llf-metaworld-push-v"):
        Settings("push", "relative", "a", "llfbench").build()


@pytest.mark.parametrize("env", PAPERS)
def test_the_real_one_agrees_with_ours(env):
    pytest.importorskip("llfbench")
    ours, theirs = (
        Robot(Settings(env, "relative", "a", backend), Start(0, 0))
        for backend in ("own", "llfbench")
    )
    assert set(ours.reset()) == set(theirs.reset())
    for acting in (ours, theirs):
        moved = [acting.step(acting.expert_action()) for _ in range(5)]
        assert any(step.success for step in moved) and all(step.feedback for step in moved)
