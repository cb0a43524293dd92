"""The task: how large the board is, and how a policy is judged."""

from __future__ import annotations

from typing import Annotated, ClassVar

from annotated_types import Ge, Le, Lt

from trace_core import UserError
from trace_core.opto import FEEDBACK, SCORE, Problem, Task, policy

from .problem import POLICY_ITERATION, MDPProblem
from .world import World

STREAM = 0x3D9
"""Sets the task's random stream apart from others that are seeded with the trial's number."""
TRANSITIONS = "transitions"
"""Capability: the trace holds operators `move`, from an observation by an action to the next."""


class MDP(Task):
    """Reinforcement learning in a tabular Markov decision process (Example 2, App. F.3).

    Args:
        size: rows and columns of the board.
        walls: squares that cannot be entered.
        slip: probability that a move goes in a random direction.
        horizon: moves of an episode at most.
    """

    metric: ClassVar[str] = "expected discounted return"
    lower_is_better: ClassVar[bool] = False
    provides: ClassVar[frozenset[str]] = frozenset(
        {FEEDBACK, SCORE, TRANSITIONS, policy(POLICY_ITERATION)}
    )
    iterations: ClassVar[int] = 100
    cpu_bound: ClassVar[bool] = False
    worst_score: ClassVar[float | None] = -20.0
    """Never reaching the goal: the sum of -1 x 0.95^t."""

    def __init__(
        self,
        *,
        size: Annotated[int, Ge(2), Le(12)] = 4,
        walls: Annotated[int, Ge(0)] = 3,
        slip: Annotated[float, Ge(0), Lt(1)] = 0.0,
        horizon: Annotated[int, Ge(1)] = 30,
    ) -> None:
        if walls > (size - 1) ** 2:
            raise ValueError(f"{walls=} leave no way over a board of {size} x {size} squares")
        self.size, self.walls, self.slip, self.horizon = size, walls, slip, horizon

    def problem(self, seed: int) -> MDPProblem:
        """Trial `seed`: its own walls and luck.

        Raises:
            UserError: there is no such trial.
        """
        import numpy as np

        if seed < 0:
            raise UserError(f"seed={seed} is no trial: they are numbered from 0.")
        rng = np.random.default_rng((seed, STREAM))
        world = World.draw(rng, self.size, self.walls, self.slip)
        return MDPProblem(world, rng.random(self.horizon))

    def calibrate(self, problem: Problem, score: float) -> float:
        """0 = never reaching the goal, 1 = the optimum."""
        assert isinstance(problem, MDPProblem)
        world = problem.world
        worst = -1 / (1 - world.discount)
        return (score - worst) / (world.value(world.optimal_policy) - worst)
