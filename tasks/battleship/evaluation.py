"""How good a policy is: games on fresh boards."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from trace_core import ExecutionError, sandbox

from .board import Board

Player = Callable[[list[str]], Any]
"""From the map to a shot. It may return anything, and fail with an `ExecutionError`."""
METRIC = "ships_hit_percent"
STOPPED_GAMES = 3
"""When so many games were stopped, no more are played: each may cost the sandbox's whole limit."""


@dataclass(frozen=True, slots=True)
class Played:
    """A game as it ended.

    Attributes:
        failed: shots that were not legal, or not made because the policy failed: misses.
        stopped: a call had to be stopped, which ended the game; or time was up.
    """

    board: Board
    failed: int = 0
    stopped: bool = False


def evaluate(
    player: Player, boards: Iterable[Board], misses: int, seconds: float
) -> dict[str, float]:
    """Play a game on each board; return metrics by name.

    What the player does wrong is a miss, and the game goes on. A call that was ended from outside
    (time, memory, a dead process) ends its game. After `STOPPED_GAMES` of these, or after
    `seconds` of all, what is left of the games is not played: they count with what they have.

    Args:
        player: who plays.
        boards: one for each game.
        misses: failures among them, with so many a game is over.
        seconds: wall time of the whole evaluation.

    Returns:
        `METRIC`, games_finished_percent, shots_to_finish (mean over finished games, nan if none),
        legal_shots_percent (of all that were tried), games_stopped.
    """
    end = time.perf_counter() + seconds
    games: list[Played] = []
    for board in boards:
        if sum(game.stopped for game in games) < STOPPED_GAMES and time.perf_counter() < end:
            games.append(play(player, board, misses, end))
        else:
            games.append(Played(board, stopped=True))
    return _metrics(games)


def play(player: Player, board: Board, misses: int, end: float = math.inf) -> Played:
    """Play until all ships are hit, `misses` are made, or `time.perf_counter()` is at `end`."""
    failed = 0
    while not board.is_won and board.misses + failed < misses:
        if time.perf_counter() > end:
            return Played(board, failed, stopped=True)
        try:
            board.shoot(player(board.map()))
        except ValueError:
            failed += 1
        except ExecutionError as error:
            failed += 1
            if sandbox.was_stopped(error):
                return Played(board, failed, stopped=True)
    return Played(board, failed)


def _metrics(games: list[Played]) -> dict[str, float]:
    finished = [len(game.board.shots) for game in games if game.board.is_won]
    legal = sum(len(game.board.shots) for game in games)
    tried = legal + sum(game.failed for game in games)
    return {
        METRIC: 100 * sum(game.board.hit_share for game in games) / len(games),
        "games_finished_percent": 100 * len(finished) / len(games),
        "shots_to_finish": sum(finished) / len(finished) if finished else math.nan,
        "legal_shots_percent": 100 * legal / tried if tried else 0.0,
        "games_stopped": float(sum(game.stopped for game in games)),
    }
