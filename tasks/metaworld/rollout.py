"""An episode as one graph: every step's action depends on the controller and on all before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from trace_core import ExecutionError, Node, bundle

from .robot import Moved, Observation, Robot

Act = Callable[[Node[Observation]], Node[Any]]
"""From an observation to an action. It may return anything, and fail with an `ExecutionError`."""
MOST_REWARD = 10.0


@dataclass(slots=True)
class Episode:
    """What happened.

    Attributes:
        output: the last observation, or the failed operator.
        observations: the first one, and one for each step.
        steps: what each step returned.
        error: why the episode ended early, if the controller failed.
    """

    output: Node[Any]
    observations: list[Observation]
    steps: list[Moved] = field(default_factory=list)
    error: ExecutionError | None = None

    @property
    def success(self) -> bool:
        """The task was done at the end."""
        return bool(self.steps) and self.steps[-1].success and self.error is None

    @property
    def total(self) -> float:
        """The return: the sum of rewards."""
        return sum(step.reward for step in self.steps)


class Workflow:
    """Reset and step of a robot as operators, and the loop that a controller goes through.

    Args:
        robot: who acts.
        horizon: the most steps of an episode.
    """

    def __init__(self, robot: Robot, horizon: int) -> None:
        self._horizon = horizon
        self._reset = bundle("[reset] The robot's first observation.")(robot.reset)
        self._step = bundle("[step] Act for one step; the environment's feedback to it.")(
            robot.step
        )

    def rollout(self, act: Act) -> Episode:
        """Act until success, a failure, or the horizon."""
        observation = self._reset()
        episode = Episode(observation, [observation.data])
        while len(episode.steps) < self._horizon and not episode.success:
            try:
                moved = self._step(act(observation))
            except ExecutionError as error:
                episode.output, episode.error = error.exception_node, error
                break
            episode.output = observation = observe(moved)
            episode.steps.append(moved.data)
            episode.observations.append(observation.data)
        return episode


@bundle()
def observe(step: Moved) -> Observation:
    """The observation after a step."""
    return step.observation
