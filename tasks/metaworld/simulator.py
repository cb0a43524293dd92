"""Meta-World's simulator: built once, reset often, and the same wherever it runs."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from trace_core import UserError

from .names import SUFFIX

if TYPE_CHECKING:
    import numpy as np

State = Any
"""A vector of 39 numbers."""
GOALS = 50
"""Of a seed, as in Meta-World's `MT1`."""
NO_LIMIT = 10**9
"""Low-level steps: Meta-World's own limit is 500, a language episode's 30 × 20."""
CAMERA = "corner2"
PIXELS = 320


@dataclass(frozen=True, slots=True)
class Start:
    """An initial configuration: the goal with number `goal` of `metaworld.MT1(env, seed=seed)`."""

    seed: int
    goal: int


class Simulator:
    """One environment of Meta-World with its goal in sight, headless unless it is to be filmed.

    Args:
        env: its name without the version.
        filmed: whether `frame` is wanted, which needs a GL backend.
    """

    def __init__(self, env: str, *, filmed: bool = False) -> None:
        self._name = env + SUFFIX
        self._class = metaworld().ALL_V3_ENVIRONMENTS[self._name]
        shown: dict[str, Any] = {"render_mode": "rgb_array", "camera_name": CAMERA}
        shown |= {"width": PIXELS, "height": PIXELS}
        self._env = _seeded(self._class)(**(shown if filmed else {}))
        self._env.max_path_length = NO_LIMIT
        self._drawn: dict[int, tuple[list[Any], np.random.RandomState]] = {}

    @property
    def box(self) -> tuple[Any, Any]:
        """Two corners of the space in which the hand is moved, in metres."""
        return self._env.mocap_low, self._env.mocap_high

    def reset(self, start: Start) -> State:
        """Return the first observation of an episode from this start."""
        self._env.set_task(self._task(self._goal(start)))
        observation, _ = self._env.reset()
        return observation

    def step(self, action: Any) -> tuple[State, float, bool]:
        """Take one of the simulator's steps; return observation, reward (0..10) and success.

        Args:
            action: four finite numbers, which are clipped to -1..1.
        """
        observation, reward, _, _, info = self._env.step(action)
        return observation, float(reward), bool(info["success"])

    def frame(self) -> Any:
        """A picture, height × width × 3, of 8 bits each."""
        return self._env.render()[::-1]  # this camera stands on its head

    def close(self) -> None:
        """Free what a film needs."""
        self._env.close()

    def _task(self, goal: Any) -> Any:
        data = {"rand_vec": goal, "env_cls": self._class, "partially_observable": False}
        return metaworld().Task(self._name, pickle.dumps(data))

    def _goal(self, start: Start) -> Any:
        """A goal of `MT1`; they are drawn one after the other, each by a reset."""
        import numpy as np

        found, rng = self._drawn.setdefault(start.seed, ([], np.random.RandomState(start.seed)))
        while len(found) <= start.goal:
            self._env.rng = rng
            self._env._freeze_rand_vec = False
            self._env._set_task_called = True
            self._env.reset()
            found.append(self._env._last_rand_vec)
        return found[start.goal]


def _seeded(cls: type[Any]) -> type[Any]:
    """An environment class that draws from its `rng` instead of NumPy's global generator."""

    class Seeded(cls):  # type: ignore[misc]  # any of Meta-World's
        rng: np.random.RandomState

        def _get_state_rand_vec(self) -> Any:
            if not self._freeze_rand_vec:
                low, high = self._random_reset_space.low, self._random_reset_space.high
                self._last_rand_vec = self.rng.uniform(low, high, size=low.size)
            return self._last_rand_vec

    return Seeded


@cache
def metaworld() -> Any:
    """Import Meta-World.

    Raises:
        UserError: it is not installed.
    """
    try:
        import metaworld as package
    except ImportError as error:
        raise UserError(
            "metaworld needs metaworld: pip install 'trace-bench[metaworld]'"
        ) from error
    return package
