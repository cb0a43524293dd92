"""One Battleship problem: a training board, and fresh boards to evaluate on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from trace_core import ExecutionError, Node, bundle, node, stop_tracing
from trace_core.opto import Outcome, Problem

from .board import Board, Game
from .evaluation import METRIC, evaluate
from .policy import Policy
from .references import REFERENCES
from .shots import require_legal

if TYPE_CHECKING:
    import numpy as np

STREAM = 0xB047
"""Sets the task's random streams apart: an optimizer that seeds its own generator with the number
of the trial must not draw where the ships are."""
TRAINING, EVALUATION, REFERENCE = range(3)
CONTEXT = (
    "The functions `reason` and `act` play a board game: again and again they are given a map and "
    "choose a square to fire at. Ships are hidden at random, in straight lines of several squares, "
    "on a new board in each game. A shot that hits one gets a reward of 1, a miss 0; no square may "
    "be fired at twice. Improve the code of the functions, so that it hits all ships of any board "
    "with as few shots as possible."
)


@dataclass(slots=True)
class Evaluated:
    """How many evaluations were made, of a problem and under its policies together."""

    times: int = 0


class BattleshipProblem(Problem):
    """Learn a policy on-line, one shot an iteration (App. H.1).

    Args:
        game: the boards' size and ships.
        seed: the trial.
        boards: games of an evaluation.
        evaluation_s: wall time of an evaluation.
        reference: a fixed policy that plays instead of the parameters; None: none does.
        evaluated: how far the evaluations are; None: none was made.
    """

    context = CONTEXT
    lower_is_better = False

    def __init__(
        self,
        game: Game,
        seed: int,
        *,
        boards: int,
        evaluation_s: float,
        reference: str | None = None,
        evaluated: Evaluated | None = None,
    ) -> None:
        self.policy = Policy()
        self.parameters = self.policy.parameters()
        self._game, self._seed, self._reference = game, seed, reference
        self._boards, self._evaluation_s = boards, evaluation_s
        self._training, self._dice = self._rng(TRAINING), self._rng(REFERENCE)
        self._board = game.draw(self._training)
        self._evaluated = evaluated or Evaluated()

    def oracle(self) -> Outcome:
        """Take one shot at the training board; one that fails changes nothing there (a retry)."""
        map = node(self._board.map(), name="map")
        try:
            square = fire(self._aim(map), map)
        except ExecutionError as error:
            return Outcome(error.exception_node, str(error.exception_node.data))
        reward = int(self._board.shoot(square.data))
        if self._board.is_won:
            self._board = self._game.draw(self._training)
        return Outcome(square, f"Got {reward} reward.")

    def evaluate(self) -> dict[str, float]:
        """Play on fresh boards: the same in this trial and iteration for every optimizer."""
        self._evaluated.times += 1
        return self._play()

    def level(self, name: str) -> float:
        """What a reference policy hits, in percent, on the boards of the latest evaluation."""
        return self.under_policy(name)._play()[METRIC]

    def _play(self) -> dict[str, float]:
        boards = self.fresh_boards(max(self._evaluated.times - 1, 0))
        with stop_tracing():
            return evaluate(self.player, boards, self._game.misses, self._evaluation_s)

    def is_solution(self, outcome: Outcome | None = None) -> bool:
        """Whether every ship was hit in every game of an evaluation."""
        score = self.evaluate()[METRIC] if outcome is None else outcome.score
        return score is not None and score >= 100

    def under_policy(self, name: str) -> BattleshipProblem:
        """The same boards with a reference policy at play."""
        if name not in REFERENCES:
            return super().under_policy(name)  # type: ignore[return-value]  # it raises
        return BattleshipProblem(
            self._game,
            self._seed,
            boards=self._boards,
            evaluation_s=self._evaluation_s,
            reference=name,
            evaluated=self._evaluated,
        )

    @property
    def misses(self) -> int:
        """With so many misses an evaluation game is over."""
        return self._game.misses

    def fresh_boards(self, iteration: int) -> list[Board]:
        """The boards of an iteration's evaluation, ships and all: not for optimizers."""
        rng = self._rng(EVALUATION, iteration)
        return [self._game.draw(rng) for _ in range(self._boards)]

    def player(self, map: list[str]) -> Any:
        """What is fired at with this map."""
        return self._aim(node(map, name="map")).data

    def _aim(self, map: Node[list[str]]) -> Node[Any]:
        if self._reference is None:
            shot = self.policy(map)
        else:
            choose = REFERENCES[self._reference]
            shot = node(choose(map.data, self._game, self._dice), name="shot")
        return cast("Node[Any]", shot)

    def _rng(self, *stream: int) -> np.random.Generator:
        import numpy as np

        return np.random.default_rng((self._seed, STREAM, *stream))


@bundle()
def fire(target: object, map: list[str]) -> list[int]:
    """Fire at the square [row, col], which must be on the map and unknown there, '.'."""
    return list(require_legal(target, map))
