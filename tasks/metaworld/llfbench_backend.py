"""The environment of the package llfbench, for whoever has it: `task.backend=llfbench`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from trace_core import UserError

from .action import require_action
from .simulator import GOALS


class LLFBench:
    """LLF-Bench's Meta-World environment behind the few methods that a task calls.

    It draws from the global generators of Python and NumPy, which are put back after each call.

    Args:
        environment: what gymnasium makes of its name.
        control: whether x, y, z are "absolute" metres or "relative" to the hand.
    """

    def __init__(self, environment: Any, control: str) -> None:
        self._environment = environment
        self._draws: Any = None
        environment.get_wrapper_attr("control_mode")(control)

    def reset(self, *, seed: int, options: dict[str, Any]) -> Any:
        """Begin an episode; every pair of seed and goal is a seed of its own there."""
        with self._own_draws():
            return self._environment.reset(seed=seed * GOALS + options["goal"])

    def step(self, action: Any) -> Any:
        """Let the hand follow a target pose.

        Raises:
            ValueError: the action is not four finite numbers.
        """
        import numpy as np

        allowed = np.array(require_action(action))
        with self._own_draws():
            return self._environment.step(allowed)

    def expert_action(self) -> Any:
        """What the scripted policy would do now."""
        return self._environment.get_wrapper_attr("expert_action")

    @contextmanager
    def _own_draws(self) -> Iterator[None]:
        import random

        import numpy as np

        others = random.getstate(), np.random.get_state()
        if self._draws:
            random.setstate(self._draws[0])
            np.random.set_state(self._draws[1])
        try:
            yield
        finally:
            self._draws = random.getstate(), np.random.get_state()
            random.setstate(others[0])
            np.random.set_state(others[1])


def build(env: str, control: str, feedback: Any) -> LLFBench:
    """Make the environment of the newest Meta-World version that llfbench knows.

    Raises:
        UserError: llfbench is not installed, or has no such environment.
    """
    try:
        import gymnasium
        import llfbench  # noqa: F401 registers its environments
    except ImportError as error:
        raise UserError(
            "task.backend=llfbench needs the package llfbench, which is not on PyPI: see "
            "https://github.com/microsoft/LLF-Bench, or leave task.backend=own."
        ) from error
    prefix = f"llf-metaworld-{env}-v"
    known = sorted(name for name in gymnasium.registry if name.startswith(prefix))
    if not known:
        raise UserError(f"llfbench has no environment {prefix}…; task.backend=own has it.")
    kinds = feedback if isinstance(feedback, str) else set(feedback)
    made = gymnasium.make(
        known[-1], instruction_type="b", feedback_type=kinds, disable_env_checker=True
    )
    return LLFBench(made, control)
