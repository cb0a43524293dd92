"""The task: how large the board is, which ships hide there, and how a policy is judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Gt, Le, Len

from trace_core import UserError
from trace_core.opto import FEEDBACK, Problem, Task, Visit, policy

from .board import Game
from .evaluation import METRIC
from .problem import BattleshipProblem
from .references import REFERENCES

Side = Annotated[int, Ge(5), Le(20)]
IMPORTS = (
    "collections", "copy", "functools", "heapq", "itertools", "math", "numpy", "operator",
    "random", "re", "statistics", "string", "typing",
)  # fmt: skip


class Battleship(Task):
    """Learn the code of a policy that looks for hidden ships (§1.2, App. H.1; Fig. 1).

    Args:
        height: rows of the board.
        width: columns of the board.
        ships: length of each ship. The published training example leaves the carrier of 5 out.
        misses: an evaluation game is over with so many. Not published: 26 on the default board
            give both of the figure's anchors, 28 % for enumeration and 60 % for what it learns.
        boards: games of an evaluation, which is made in every iteration.
        evaluation_s: wall time of an evaluation; games not played by then count with what they
            have, so that results of slower policies depend on the machine.
        imports: modules that the policy's code may import.
    """

    metric: ClassVar[str] = "ship squares hit (%)"
    lower_metrics: ClassVar[frozenset[str]] = frozenset({"shots_to_finish", "games_stopped"})
    worst_score: ClassVar[float | None] = 0.0
    judged_by: ClassVar[str | None] = METRIC
    lower_is_better: ClassVar[bool] = False
    provides: ClassVar[frozenset[str]] = frozenset({FEEDBACK, *map(policy, REFERENCES)})
    cpu_bound: ClassVar[bool] = False
    iterations: ClassVar[int] = 20
    runs_code: ClassVar[bool] = True

    def __init__(
        self,
        *,
        height: Side = 10,
        width: Side = 10,
        ships: Annotated[Sequence[Annotated[int, Ge(1)]], Len(1)] = (5, 4, 3, 3, 2),
        misses: Annotated[int, Ge(1)] = 26,
        boards: Annotated[int, Ge(1)] = 50,
        evaluation_s: Annotated[float, Gt(0)] = 600.0,
        imports: Sequence[str] = IMPORTS,
    ) -> None:
        self.game = Game(height, width, tuple(ships), misses)
        self.boards = boards
        self.evaluation_s = evaluation_s
        self.imports = tuple(imports)

    def problem(self, seed: int) -> BattleshipProblem:
        """Trial `seed`: training and evaluation boards of its own.

        Raises:
            UserError: there is no such trial, or the ships do not fit on the board.
        """
        if seed < 0:
            raise UserError(f"seed={seed} is no trial: they are numbered from 0.")
        return BattleshipProblem(
            self.game, seed, boards=self.boards, evaluation_s=self.evaluation_s
        )

    def calibrate(self, problem: Problem, score: float) -> float:
        """0 = firing at all squares in order, 1 = every ship hit; negative if worse than that.

        On the boards of the latest evaluation, which gave the score.
        """
        assert isinstance(problem, BattleshipProblem)
        floor = problem.level("enumeration")
        return (score - floor) / max(100 - floor, 1)

    def pictures(self, seed: int, visits: Sequence[Visit]) -> Mapping[str, Callable[[Any], None]]:
        """The learning curve beside the reference policies, and games of some versions."""
        from . import pictures

        return pictures.drawers(self.problem(seed), visits, self.imports)
