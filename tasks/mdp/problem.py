"""One decision problem: the trace is a trajectory, the feedback its length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trace_bench.tasks._quoted import quoted
from trace_core import ExecutionError, bundle, node
from trace_core.opto import Outcome, Problem

from .world import ACTIONS, REWARD, World

if TYPE_CHECKING:
    import numpy as np

POLICY_ITERATION = "policy_iteration"
CONTEXT = (
    "A walker moves over the squares of a board until it reaches a goal. `policy` is the list of "
    "what it does on each square: " + ", ".join(f'"{action}"' for action in ACTIONS) + ". Find a "
    "policy that reaches the goal with as few moves as can be."
)
Observation = dict[str, Any]
"""{"square": where the walker is, "reward": of the move, "done": whether it is at the goal}."""


class MDPProblem(Problem):
    """Maximise the expected return of a table of actions.

    Args:
        world: the board.
        luck: numbers in [0, 1) that decide where a move slips to, the same in each episode.
        fixed: a policy that acts instead of the parameter.
    """

    context = CONTEXT
    lower_is_better = False
    actions = ACTIONS
    """For optimizers that know decision processes."""

    def __init__(self, world: World, luck: np.ndarray, *, fixed: list[str] | None = None) -> None:
        start = [ACTIONS[0]] * world.size**2
        constraint = f"{len(start)} actions, each one of {', '.join(ACTIONS)}"
        self.parameters = (node(start, name="policy", trainable=True, constraint=constraint),)
        self.world = world
        self._luck, self._fixed = luck, fixed
        self._start = node({"square": 0, "reward": 0.0, "done": False}, name="start")
        self._move = _mover(world)

    def oracle(self) -> Outcome:
        """Walk until the goal is reached or the episode is over."""
        policy = self.parameters[0] if self._fixed is None else node(self._fixed, name="policy")
        seen: Any = self._start
        moves = 0
        try:
            while not seen.data["done"] and moves < len(self._luck):
                action = choose(policy, seen)
                seen = self._move(seen, action, float(self._luck[moves]))
                moves += 1
        except ExecutionError as error:
            return Outcome(error.exception_node, str(error.exception_node.data))
        score = self._score(policy.data)
        best = self.world.value(self.world.optimal_policy)
        return Outcome(seen, _feedback(seen.data, moves), score, solved=score >= best - 1e-9)

    def under_policy(self, name: str) -> MDPProblem:
        """The same board under the optimal policy, found by whoever knows the board."""
        if name != POLICY_ITERATION:
            return super().under_policy(name)  # type: ignore[return-value]  # it raises
        best = [ACTIONS[action] for action in self.world.optimal_policy]
        return MDPProblem(self.world, self._luck, fixed=best)

    def _score(self, policy: list[Any]) -> float:
        """The exact value; what is said of squares that were not visited may be anything."""
        squares = self.world.size**2
        padded = [*policy, *[None] * squares][:squares]
        return self.world.value([ACTIONS.index(a) if a in ACTIONS else 0 for a in padded])


@bundle()
def choose(policy: object, observation: Observation) -> str:
    """What the policy does on the square where the walker is."""
    if not isinstance(policy, list):
        raise TypeError(f"the policy must be a list of actions, not a {type(policy).__name__}")
    action = policy[observation["square"]]
    if action not in ACTIONS:
        raise ValueError(f"{quoted(action)} is no action: there are {', '.join(ACTIONS)}")
    return str(action)


def _mover(world: World) -> Any:
    """The operator `move` of a board that is in no node."""

    @bundle(description="[move] Where the walker comes to; edges and walls stop it.")
    def move(observation: Observation, action: str, luck: float) -> Observation:
        direction = ACTIONS.index(action)
        if luck < world.slip:
            direction = int(luck / world.slip * len(ACTIONS))
        square = world.move(observation["square"], direction)
        return {"square": square, "reward": REWARD, "done": square == world.goal}

    return move


def _feedback(seen: Observation, moves: int) -> str:
    if seen["done"]:
        return f"The goal was reached after {moves} moves."
    return f"The goal was not reached in {moves} moves."
