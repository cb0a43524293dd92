"""Q-learning on traces: reinforcement learning as an OPTO optimizer (Example 2, App. F.3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Self

from annotated_types import Ge, Gt, Le

from trace_core import MessageNode, ParameterNode, trace_feedback
from trace_core.llm import LLM
from trace_core.optimizers import Optimizer
from trace_core.opto import FEEDBACK, Outcome, Problem


@dataclass(frozen=True, slots=True)
class Transition:
    """One move, as the trace holds it."""

    square: int
    action: str
    reward: float
    following: int
    done: bool


class QLearning(Optimizer):
    """Learns what each action on each square is worth from the moves in the trace (Watkins, 1989).

    What was not tried counts as 0, more than anything that costs moves: so all is tried in time,
    and the best action so far is always taken. Each update goes through all remembered moves.

    Args:
        parameters: one list, an action for each square.
        actions: what there is to do.
        lr: how much a move changes what is known; 1 is exact where moves never slip.
        discount: what a reward is worth one move later.
        sweeps: how often an update goes through the moves.
    """

    needs: ClassVar[frozenset[str]] = frozenset({FEEDBACK, "transitions"})

    def __init__(
        self,
        parameters: Sequence[ParameterNode[Any]],
        actions: Sequence[str],
        *,
        lr: Annotated[float, Gt(0), Le(1)] = 1.0,
        discount: Annotated[float, Ge(0), Le(1)] = 0.95,
        sweeps: Annotated[int, Ge(1)] = 30,
    ) -> None:
        super().__init__(parameters)
        self._actions = tuple(actions)
        self._lr, self._discount, self._sweeps = lr, discount, sweeps
        squares = len(self.parameters[0].data)
        self._values = [dict.fromkeys(self._actions, 0.0) for _ in range(squares)]
        self._memory: dict[Transition, None] = {}

    @classmethod
    def for_problem(cls, problem: Problem, *, seed: int, llm: LLM | None, **settings: Any) -> Self:
        """Take the problem's actions."""
        return cls(problem.parameters, problem.actions, **settings)  # type: ignore[attr-defined]

    def propagate(self, outcome: Outcome, **options: Any) -> None:
        """Bring the minimal subgraph, which is the trajectory, to the policy."""
        outcome.output.backward(outcome.feedback, **options)

    def step(self) -> dict[str, Any]:
        """Learn from the trajectory; act by what is known."""
        (policy,) = self.parameters
        moves = list(_moves(trace_feedback(self.parameters).nodes))
        for _ in range(self._sweeps if moves else 0):
            for move in self._memory | dict.fromkeys(moves):
                self._learn(move)
        self._memory |= dict.fromkeys(moves)
        entry: dict[str, Any] = {"moves": len(moves)}
        if moves:
            policy.update([max(values, key=values.__getitem__) for values in self._values])
        self.log.append(entry)
        return entry

    def _learn(self, move: Transition) -> None:
        ahead = 0.0 if move.done else max(self._values[move.following].values())
        known = self._values[move.square]
        error = move.reward + self._discount * ahead - known[move.action]
        known[move.action] += self._lr * error


def _moves(nodes: Sequence[Any]) -> Iterator[Transition]:
    for node in nodes:
        if isinstance(node, MessageNode) and node.operator.name == "move" and not node.is_root:
            before, action, after = node.inputs["observation"], node.inputs["action"], node.data
            yield Transition(
                before.data["square"],
                action.data,
                after["reward"],
                after["square"],
                after["done"],
            )
