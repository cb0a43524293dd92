"""The robot as a task uses it: environments that are built once, and observations as dicts."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from trace_core import UserError

from .simulator import GOALS, Start, metaworld

Backend = Literal["own", "llfbench"]
Observation = dict[str, list[float]]
_built = threading.local()
"""Environments by their settings: threads must not share one."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What a step returns; in a trace it is shown as what the environment said.

    Attributes:
        reward: of the simulator's last step, 0 to 10.
    """

    observation: Observation
    feedback: str
    reward: float
    success: bool

    def __repr__(self) -> str:
        return self.feedback or "moved"


@dataclass(frozen=True, slots=True)
class Settings:
    """Which environment, and how it takes actions and speaks: see `environment.LanguageFeedback`.

    Attributes:
        backend: our environment, or the one of the package llfbench.
    """

    env: str
    control: Literal["relative", "absolute"]
    feedback: str | tuple[str, ...]
    backend: Backend = "own"

    def environment(self) -> Any:
        """This thread's environment with these settings.

        Raises:
            UserError: a package is missing.
        """
        built: dict[Settings, Any] = _built.__dict__.setdefault("environments", {})
        if self not in built:
            built[self] = self.build()
        return built[self]

    def build(self, *, filmed: bool = False) -> Any:
        """A new environment with these settings.

        Raises:
            UserError: a package is missing, or only our own backend can do that.
        """
        if self.backend == "llfbench":
            from . import llfbench_backend

            if filmed:
                raise UserError("Only task.backend=own can be filmed.")
            return llfbench_backend.build(self.env, self.control, self.feedback)
        metaworld()  # says what to install before gymnasium is missed
        from .environment import FILM, LanguageFeedback

        mode = FILM if filmed else None
        return LanguageFeedback(
            self.env, control=self.control, feedback=self.feedback, render_mode=mode
        )


class Robot:
    """Steps through episodes. Only one at a time: it shares the thread's environment with others.

    Args:
        settings: which environment.
        start: where the next episode begins.
        environment: one to use instead, for instance one that is filmed.
    """

    def __init__(self, settings: Settings, start: Start, environment: Any = None) -> None:
        self.start = start
        self._settings, self._given = settings, environment

    @property
    def environment(self) -> Any:
        """Which environment acts: the thread's, unless one was given."""
        return self._given or self._settings.environment()

    def begin(self) -> tuple[str, Observation]:
        """Put the robot into its initial configuration; the instruction and what is seen."""
        seed, goal = self.start.seed, self.start.goal
        said, _ = self.environment.reset(seed=seed, options={"goal": goal})
        return said["instruction"], parse(said["observation"])

    def reset(self) -> Observation:
        """Put the robot into its initial configuration; what is seen."""
        return self.begin()[1]

    def step(self, action: Any) -> Moved:
        """Let the hand follow the action's pose; what the environment says of it."""
        said, reward, _, _, info = self.environment.step(action)
        return Moved(
            parse(said["observation"]), said["feedback"] or "", float(reward), bool(info["success"])
        )

    def expert_action(self) -> list[float]:
        """What the scripted policy would do now."""
        return [float(x) for x in self.environment.expert_action()]


def parse(text: str) -> Observation:
    """The observation as a dict of lists: ours has lists, llfbench's has texts like "[0.1 0.2]"."""
    return {name: _floats(value) for name, value in json.loads(text).items()}


def starts(seed: int, held_out: int) -> Sequence[Start]:
    """The training configuration of a trial, then those that are held out."""
    return [Start(seed, (seed + k) % GOALS) for k in range(held_out + 1)]


def _floats(value: Any) -> list[float]:
    if isinstance(value, str):
        return [float(word) for word in value.strip("[] \n").split()]
    return [float(number) for number in value]
