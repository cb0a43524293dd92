"""A gymnasium environment that speaks: instruction, observation and feedback, all as texts.

It follows the conventions of LLF-Bench (Cheng et al., 2023) over Meta-World's version 3.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any, Literal

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Dict, Text

from . import phrases
from .action import STRONGEST, WEAKEST, clipped, require_action
from .feedback import ALL, Step, require_kinds, say
from .names import known
from .scripted import Expert
from .simulator import GOALS, Simulator, Start

Control = Literal["relative", "absolute"]
HORIZON = 30
"""Steps after which an episode is truncated."""
REPEATS = 20
"""The simulator's steps in a step."""
CLOSE_ENOUGH_M = 1e-4
"""A step ends early if the hand is so near to its target in x, y and z: practically never."""
FARTHEST_M = 1e3
"""Ways are cut to this before they are multiplied: no speed changes, no number overflows."""
FILM = "rgb_array_list"
PICTURE_EVERY = 4
"""The simulator's steps between two pictures of a film."""
LONGEST_TEXT = 100_000
CHARACTERS = frozenset(map(chr, range(32, 127)))
REACH_M = 0.5
"""Of the action space of relative coordinates; farther targets are allowed."""


class TextOrNone(Text):
    """Texts of LLF-Bench's observations, which may be missing."""

    def contains(self, x: Any) -> bool:
        """Whether it is a text of this space, or None."""
        return x is None or super().contains(x)


class LanguageFeedback(gymnasium.Env[dict[str, str | None], Any]):
    """Steer the hand of a Sawyer arm by target poses, and read what comes of it.

    `reset` gives an instruction and no feedback, `step` gives feedback and no instruction; both an
    observation, the named parts of the robot's state as a JSON object of lists with 3 decimals.

    A step takes [x, y, z, gripper] and lets a P controller pull the hand towards x, y, z for 20 of
    the simulator's steps; reward, success (`info["success"]`) and observation are the last one's.
    Never terminated, truncated after 30 steps.

    `reset(seed=s)` starts at goal s of `metaworld.MT1(env, seed=s)` and seeds the paraphrases;
    `options={"goal": k}` takes goal k of the last seed. Without either the goal is drawn.

    Args:
        env: an environment of Meta-World, "push" or "push-v3".
        control: whether x, y, z are "absolute" metres or "relative" to the hand.
        feedback: "a" all kinds, "m" one at random, "n" none, or some of r, hp, hn, fp.
        render_mode: "rgb_array" for a picture when asked, "rgb_array_list" for all since the last
            time, five for each step; both need a GL backend.
    """

    metadata = {"render_modes": ["rgb_array", "rgb_array_list"], "render_fps": 20}  # noqa: RUF012 gymnasium's form

    def __init__(
        self,
        env: str = "reach",
        *,
        control: Control = "absolute",
        feedback: str | Collection[str] = ALL,
        render_mode: str | None = None,
    ) -> None:
        self.env_name = known(env)
        if control not in ("relative", "absolute"):
            raise ValueError(f"control={control!r} must be 'relative' or 'absolute'")
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ValueError(f"{render_mode=} must be one of {self.metadata['render_modes']}")
        self.control: Control = control
        self.kinds = require_kinds(feedback)
        self.render_mode = render_mode
        self.simulator = Simulator(self.env_name, filmed=render_mode is not None)
        self.expert = Expert(self.env_name)
        low, high = self.simulator.box
        reach = np.full(3, REACH_M)
        low, high = (-reach, reach) if control == "relative" else (low, high)
        low, high = np.append(low, WEAKEST), np.append(high, STRONGEST)
        self.action_space = Box(low, high, dtype=np.float64)
        text = TextOrNone(LONGEST_TEXT, charset=CHARACTERS)
        self.observation_space: Any = Dict(
            dict.fromkeys(("instruction", "observation", "feedback"), text)
        )
        self._seed = 0
        self._state: Any = np.zeros(0)
        self._gain = 0.0
        self._steps = 0
        self._frames: list[Any] = []

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, str | None], dict[str, Any]]:
        """Begin an episode."""
        super().reset(seed=seed)
        self._seed = self._seed if seed is None else seed
        goal = (options or {}).get("goal")
        if goal is None:
            goal = int(self.np_random.integers(GOALS)) if seed is None else seed % GOALS
        self._state = self.simulator.reset(Start(self._seed, goal))
        self._gain = self.expert.gain(self._state)
        self._steps = 0
        self._frames.clear()
        self._film()
        which = int(self.np_random.integers(len(phrases.INSTRUCTION)))
        instruction = phrases.INSTRUCTION[which].format(task=self.env_name, mode=self.control)
        return self._said(instruction, None), {"success": False}

    def step(self, action: Any) -> tuple[dict[str, str | None], float, bool, bool, dict[str, Any]]:
        """Let the hand follow a target pose.

        Raises:
            ValueError: the action is not four finite numbers; nothing has moved then.
        """
        *place, gripper = require_action(action)
        before = self._hand
        target = np.array(place) + (before if self.control == "relative" else 0.0)
        reward, success = self._follow(target, gripper)
        self._steps += 1
        notes = [*clipped(target.tolist(), gripper, *self.simulator.box)]
        advised = self.expert.target(self._state)
        step = Step(reward, before, self._hand, gripper, advised, notes)
        feedback = say(step, self.kinds, self.np_random)
        truncated = self._steps >= HORIZON
        return self._said(None, feedback), reward, False, truncated, {"success": success}

    def expert_action(self) -> list[float]:
        """What the scripted policy would do now, in this environment's coordinates."""
        target = self.expert.target(self._state)
        if self.control == "relative":
            target[:3] -= self._hand
        return [float(value) for value in target]

    def render(self) -> Any:
        """A picture or several, as `render_mode` says; None without one."""
        if self.render_mode == FILM:
            frames, self._frames = self._frames, []
            return frames
        return self.simulator.frame() if self.render_mode else None

    def close(self) -> None:
        """Free what pictures need."""
        self.simulator.close()

    @property
    def _hand(self) -> Any:
        return self._state[:3]

    def _follow(self, target: np.ndarray, gripper: float) -> tuple[float, bool]:
        """Pull the hand to a place; return the last reward and success."""
        effort = min(max(gripper, WEAKEST), STRONGEST)
        reward, success = 0.0, False
        for k in range(REPEATS):
            way = np.clip(target - self._hand, -FARTHEST_M, FARTHEST_M)
            self._state, reward, success = self.simulator.step(np.append(self._gain * way, effort))
            if k % PICTURE_EVERY == 0:
                self._film()
            if np.abs(target - self._hand).max() < CLOSE_ENOUGH_M:
                break
        return reward, success

    def _film(self) -> None:
        if self.render_mode == FILM:
            self._frames.append(self.simulator.frame())

    def _said(self, instruction: str | None, feedback: str | None) -> dict[str, str | None]:
        fields = self.expert.fields(self._state)
        rounded = {name: rounded_to(values, 3) for name, values in fields.items()}
        return {
            "instruction": instruction,
            "observation": json.dumps(rounded),
            "feedback": feedback,
        }


def rounded_to(values: Sequence[float], digits: int) -> list[float]:
    """The numbers with so many decimals, and no negative zero among them."""
    return [round(value, digits) + 0.0 for value in values]
