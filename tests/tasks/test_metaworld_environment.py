"""The language-feedback environment: what it takes, what it says, and that it repeats itself."""

import itertools
import json
import math
import pickle
from collections.abc import Iterable

import gymnasium
import metaworld
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from tests.fresh_process import in_fresh_process
from tests.random_state import random_state_untouched
from trace_bench.tasks.metaworld.environment import HORIZON, LanguageFeedback
from trace_bench.tasks.metaworld.names import ENVS, SUFFIX, known
from trace_bench.tasks.metaworld.scripted import Expert
from trace_bench.tasks.metaworld.simulator import Simulator, Start
from trace_core import UserError

PAPERS = ("reach", "pick-place", "push")
STEPS = {"reach": (2, 4), "pick-place": (3, 5), "push": (4, 5)}
RETURNS = {"reach": 24.4, "pick-place": 12.8, "push": 22.4}
"""Until success, as measured before this layer was written."""
GAINS = {
    4: {"drawer-open"},
    5: {"reach", "reach-wall"},
    10: {
        "push", "push-back", "push-wall", "pick-place", "pick-place-wall", "plate-slide",
        "plate-slide-back", "plate-slide-back-side", "coffee-button", "coffee-pull", "coffee-push",
        "dial-turn", "assembly", "disassemble", "hammer", "hand-insert", "stick-push",
    },
    15: {"button-press-wall"},
}  # fmt: skip
"""By what a way is multiplied; 25 in all other environments."""
environments: dict[str, LanguageFeedback] = {}


def relative(env: str = "reach") -> LanguageFeedback:
    """Built once, as a task does it."""
    if env not in environments:
        environments[env] = LanguageFeedback(env, control="relative")
    return environments[env]


def trajectory(env: str, seed: int) -> list[str]:
    """Six steps of the expert and a fixed policy in turn: every bit of the states."""
    world = relative(env)
    world.reset(seed=seed)
    seen = [world._state.tobytes().hex()]
    for k in range(6):
        _, reward, *_ = world.step(world.expert_action() if k % 2 else [0.02, -0.01, -0.05, 0.7])
        seen += [world._state.tobytes().hex(), reward.hex()]
    return seen


def trajectories(seed: int) -> list[list[str]]:
    return [trajectory(env, seed) for env in PAPERS]


def episode(world: LanguageFeedback, seed: int, horizon: int) -> tuple[int, float]:
    """Let the expert act: steps until success, 0 if there was none, and the return."""
    world.reset(seed=seed)
    total = 0.0
    for k in range(1, horizon + 1):
        _, reward, _, _, info = world.step(world.expert_action())
        total += reward
        if info["success"]:
            return k, total
    return 0, total


# What it is


def test_gymnasium_makes_it_and_finds_nothing_to_complain_about():
    name = "trace_bench.tasks.metaworld.envs:language/push-v3"
    world = gymnasium.make(name, control="relative")
    assert isinstance(world.unwrapped, LanguageFeedback)
    assert {f"language/{env}{SUFFIX}" for env in ENVS} <= set(gymnasium.registry)
    check_env(world.unwrapped, skip_render_check=True)


def test_the_names_are_meta_worlds():
    assert sorted(env + SUFFIX for env in ENVS) == sorted(metaworld.ALL_V3_ENVIRONMENTS)
    with pytest.raises(UserError, match="Did you mean 'pick-place'"):
        known("pick-plaice")


def test_reset_gives_an_instruction_and_step_gives_feedback():
    said, info = relative("push").reset(seed=0)
    assert said["feedback"] is None and info == {"success": False}
    for word in ("Sawyer", "push", "JSON", "relative", "P controller", "open", "closed"):
        assert word in said["instruction"]
    said, reward, terminated, truncated, info = relative("push").step([0, 0, 0, 0])
    assert said["instruction"] is None and said["feedback"]
    assert 0 <= reward <= 10 and not terminated and not truncated and not info["success"]


def test_observations_are_the_named_parts_with_three_decimals():
    fields = {
        "reach": {"hand_pos": 3, "puck_pos": 3, "goal_pos": 3},
        "push": {"hand_pos": 3, "puck_pos": 3, "goal_pos": 3},
        "pick-place": {
            "hand_pos": 3,
            "gripper_distance_apart": 1,
            "puck_pos": 3,
            "puck_rot": 4,
            "goal_pos": 3,
            "_prev_obs": 18,
        },
    }
    for env, lengths in fields.items():
        said, _ = relative(env).reset(seed=1)
        seen = json.loads(said["observation"])
        assert {name: len(values) for name, values in seen.items()} == lengths
        numbers = list(itertools.chain.from_iterable(seen.values()))
        assert numbers == [round(number, 3) for number in numbers]
        assert not any(math.copysign(1, number) < 0 for number in numbers if number == 0)


def test_an_episode_is_truncated_after_thirty_steps_and_never_terminated():
    world = relative()
    world.reset(seed=0)
    ends = [world.step([0, 0, 0, 0])[2:4] for _ in range(HORIZON)]
    assert ends == [(False, False)] * (HORIZON - 1) + [(False, True)]


def test_absolute_and_relative_targets_are_the_same_place():
    here, there = relative("push"), LanguageFeedback("push", control="absolute")
    for world in (here, there):
        world.reset(seed=2)
    target = np.array([0.05, 0.7, 0.15])
    here.step([*(target - here._hand), 1.0])
    there.step([*target, 1.0])
    assert np.abs(here._hand - there._hand).max() < 1e-9
    assert np.abs(there._hand - target).max() < 0.05


def test_a_step_is_twenty_pulls_of_a_p_controller():
    world, plain = relative("push"), Simulator("push")
    world.reset(seed=5)
    state = plain.reset(Start(5, 5))
    target = state[:3] + [0.03, 0.05, -0.02]
    for _ in range(20):
        state, reward, _ = plain.step([*(10.0 * (target - state[:3])), 0.3])
    _, given, *_ = world.step([0.03, 0.05, -0.02, 0.3])
    assert np.abs(world._state - state).max() < 1e-12 and given == pytest.approx(reward)


# Where it starts


def require_goals_of_mt1(env: str, seed: int, goals: Iterable[int]) -> None:
    published, ours = metaworld.MT1(env + SUFFIX, seed=seed).train_tasks, Simulator(env)
    for goal in goals:
        drawn = pickle.loads(published[goal].data)["rand_vec"]
        assert (ours._goal(Start(seed, goal)) == drawn).all()


def test_goals_are_those_of_mt1_without_its_global_generator():
    with random_state_untouched():
        require_goals_of_mt1("push", 4, (2, 0))


def test_a_seed_starts_at_its_own_goal_and_options_choose_another():
    world, seen = relative("push"), {}
    for seed, options in ((3, None), (53, None), (3, {"goal": 4}), (4, None)):
        said, _ = world.reset(seed=seed, options=options)
        seen[seed, bool(options)] = said["observation"]
    assert len(set(seen.values())) == 4
    assert world.reset(seed=3, options={"goal": 3})[0]["observation"] == seen[3, False]
    with pytest.raises(ValueError, match="from 0 to 49"):
        world.reset(options={"goal": 50})


def test_the_same_trajectory_to_the_last_bit_whatever_went_before_and_in_another_process():
    first = trajectories(3)
    trajectories(8)
    relative("push").step([9.0, -9.0, 9.0, -9.0])
    assert trajectories(3) == first
    assert in_fresh_process(trajectories, 3) == first


# What it takes

BAD = {
    "too short": [0, 0, 0],
    "too long": [0, 0, 0, 0, 0],
    "empty": [],
    "nan": [0, math.nan, 0, 0],
    "infinite": [0, 0, -math.inf, 0],
    "huge": [10**400, 0, 0, 0],
    "text": "0000",
    "texts": ["0", "0", "0", "0"],
    "nested": [[0], 0, 0, 0],
    "matrix": np.zeros((4, 1)),
    "bool": [True, 0, 0, 0],
    "complex": [0j, 0, 0, 0],
    "none": None,
    "missing": [None, 0, 0, 0],
    "dict": {"x": 0, "y": 0, "z": 0, "gripper": 0},
    "number": 0.5,
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_action_is_an_error_and_moves_nothing(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    world = relative()
    world.reset(seed=0)
    before = world._state.copy()
    with pytest.raises(
        ValueError, match="must be .x, y, z, gripper., four finite numbers, not"
    ) as e:
        world.step(BAD[name])
    assert len(str(e.value)) < 200
    assert (world._state == before).all()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ([1e300, 0, 0, 0], "x 1e+300 to 0.5"),
        ([0, 0, -7.0, 0], "to 0.05"),
        ([0, 0, 0, 40], "gripper 40 to 1"),
        (np.array([0, -1e308, 0, -3.5]), "gripper -3.5 to -1"),
    ],
)
def test_what_is_far_out_of_range_is_clipped_and_said(action, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    world = relative()
    world.reset(seed=0)
    said, *_ = world.step(action)
    assert "out of range was clipped: " in said["feedback"] and words in said["feedback"]
    assert np.isfinite(world._state).all()
    assert list(tmp_path.iterdir()) == [], "no MUJOCO_LOG.TXT"


def test_arrays_tuples_and_whole_numbers_are_actions():
    world = relative()
    states = []
    for action in ([0, 0, 0, 1], (0.0, 0.0, 0.0, 1.0), np.array([0, 0, 0, 1], dtype=np.float32)):
        world.reset(seed=0)
        world.step(action)
        states.append(world._state)
    assert all((state == states[0]).all() for state in states)


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="'relative' or 'absolute'"):
        LanguageFeedback("push", control="sideways")
    with pytest.raises(ValueError, match="must be 'a'"):
        LanguageFeedback("push", feedback="loud")
    with pytest.raises(ValueError, match="must be one of"):
        LanguageFeedback("push", render_mode="human")


def test_the_same_seed_gets_the_same_words():
    words = []
    for seed in (7, 7, 8):
        relative().reset(seed=seed)
        words.append([relative().step([0, 0, 0, 0])[0]["feedback"] for _ in range(4)])
    assert words[0] == words[1] != words[2]


# The expert


def test_gains_are_those_of_the_scripted_policies():
    state = np.linspace(-0.1, 0.9, 39)  # far from everything: the first stage of each policy
    expected = {env: float(gain) for gain, envs in GAINS.items() for env in envs}
    assert {env: Expert(env).gain(state) for env in ENVS} == {
        env: expected.get(env, 25.0) for env in ENVS
    }


def test_the_expert_says_a_place_and_what_meta_worlds_policy_would_do_with_the_gripper():
    from metaworld.policies import SawyerPushV3Policy

    state = Simulator("push").reset(Start(1, 1))
    target = Expert("push").target(state)
    action = SawyerPushV3Policy().get_action(state)
    assert target[:3] - state[:3] == pytest.approx(action[:3] / 10, abs=1e-6)
    assert target[3] == pytest.approx(action[3])


@pytest.mark.parametrize("env", PAPERS)
def test_the_expert_succeeds(env):
    for seed in (0, 17):
        steps, _ = episode(relative(env), seed, 10)
        assert STEPS[env][0] <= steps <= STEPS[env][1]


@pytest.mark.slow
@pytest.mark.parametrize("env", PAPERS)
def test_the_expert_succeeds_on_fifty_seeds_with_the_known_return(env):
    steps, totals = zip(*(episode(relative(env), seed, 10) for seed in range(50)), strict=True)
    assert min(steps) >= STEPS[env][0] and max(steps) <= STEPS[env][1]
    assert sum(totals) / 50 == pytest.approx(RETURNS[env], rel=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("env", ENVS)
def test_every_environment_works_and_repeats_itself(env):
    require_goals_of_mt1(env, 0, (1,))
    first = trajectory(env, 0)
    trajectory(env, 1)
    assert trajectory(env, 0) == first
