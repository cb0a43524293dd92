"""Pictures of a run: how its policy learnt, and games of its first, best and last version."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from trace_bench.tasks._learning_curve import draw_learning_curve
from trace_core import sandbox, stop_tracing
from trace_core._labels import labels
from trace_core.opto import Visit

from .board import Board
from .evaluation import play
from .problem import BattleshipProblem
from .references import REFERENCES
from .shots import HIT, MISS

COLOURS = {HIT: "#D55E00", MISS: "#9aa7b1"}


def drawers(
    problem: BattleshipProblem, visits: Sequence[Visit], imports: tuple[str, ...]
) -> Mapping[str, Callable[[Any], None]]:
    """What can be drawn: of a reference policy, which has no code, its learning curve only."""
    found = {"learning": lambda figure: draw_learning(figure, problem, visits)}
    if any(visit.parameters for visit in visits):
        found["games"] = lambda figure: draw_games(figure, problem, visits, imports)
    return found


def draw_learning(figure: Any, problem: BattleshipProblem, visits: Sequence[Visit]) -> None:
    """Ship squares hit after each update, beside reference policies on the first boards."""
    axes = figure.subplots()
    scored = [visit for visit in visits if visit.score is not None]
    levels = {name: problem.level(name) for name in REFERENCES}
    draw_learning_curve(axes, scored, levels)
    axes.set(ylabel="ship squares hit (%)", ylim=(0, 100))


def draw_games(
    figure: Any, problem: BattleshipProblem, visits: Sequence[Visit], imports: tuple[str, ...]
) -> None:
    """A game on the same board by the first, the best and the last version of the code."""
    scored = [visit for visit in visits if visit.score is not None]
    if not scored:
        return
    best = max(scored, key=lambda visit: visit.score or 0.0)
    chosen = {"first": scored[0], "best": best, "last": scored[-1]}
    panels = figure.subplots(1, len(chosen))
    for axes, (name, visit) in zip(panels, chosen.items(), strict=True):
        board = _game(problem, visit, imports)
        draw_board(axes, board)
        axes.set_title(f"{name}: iteration {visit.iteration}", fontsize=11)
        squares = sum(map(len, board.ships))
        axes.set_xlabel(f"{board.hits} of {squares} squares, {len(board.shots)} shots", fontsize=9)


def draw_board(axes: Any, board: Board) -> None:
    """Ships, and the shots in their order."""
    rows = board.map()
    for ship in board.ships:
        for row, column in ship:
            axes.add_patch(_square(row, column, "#56788f"))
    for k, (row, column) in enumerate(board.shots, start=1):
        axes.plot(column, row, "o", color=COLOURS[rows[row][column]], markersize=9)
        axes.text(column, row, str(k), fontsize=5, color="white", ha="center", va="center")
    axes.set(xlim=(-0.5, len(rows[0]) - 0.5), ylim=(len(rows) - 0.5, -0.5), aspect="equal")
    axes.set(xticks=range(len(rows[0])), yticks=range(len(rows)), facecolor="#e8f1f8")
    axes.tick_params(labelsize=7, length=0)
    axes.grid(visible=False)


def _game(problem: BattleshipProblem, visit: Visit, imports: tuple[str, ...]) -> Board:
    """The first evaluation game of iteration 0, played by the code of a visit."""
    for name, parameter in labels(problem.parameters).items():
        parameter.update(visit.parameters[name])
    board = problem.fresh_boards(0)[0]
    with sandbox.use("auto", imports=imports), stop_tracing():
        return play(problem.player, board, problem.misses).board


def _square(row: int, column: int, colour: str) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((column - 0.5, row - 0.5), 1, 1, color=colour, linewidth=0)
