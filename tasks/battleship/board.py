"""The game: a board with hidden ships, shots at it, and the map of what they have shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trace_core import UserError

from .shots import HIT, MISS, UNKNOWN, Square, require_legal

if TYPE_CHECKING:
    import numpy as np

ATTEMPTS = 200
"""Places tried for a ship before the board is begun anew, and boards begun."""


class Board:
    """One game: where the ships are, and what has been fired at.

    A hit grants another shot, so that a turn ends with a miss: turns are counted in misses.

    Args:
        height: rows.
        width: columns.
        ships: the squares of each ship.
    """

    def __init__(self, height: int, width: int, ships: Iterable[frozenset[Square]]) -> None:
        self.ships = tuple(ships)
        self.shots: list[Square] = []
        self.misses = 0
        self._occupied = frozenset().union(*self.ships)
        self._rows = [[UNKNOWN] * width for _ in range(height)]

    def map(self) -> list[str]:
        """What a player sees: a text for each row, with `UNKNOWN`, `HIT` and `MISS`."""
        return ["".join(row) for row in self._rows]

    def shoot(self, target: object) -> bool:
        """Fire at [row, column]; return whether a ship is hit.

        Raises:
            ValueError: that is no square, not on the board, or was fired at before.
        """
        square = require_legal(target, self.map())
        is_hit = square in self._occupied
        row, column = square
        self._rows[row][column] = HIT if is_hit else MISS
        self.shots.append(square)
        self.misses += not is_hit
        return is_hit

    def __str__(self) -> str:
        """The board for people: see `view.terminal`. Players see the `map`."""
        from .view import terminal

        return terminal(self)

    def _repr_svg_(self) -> str:
        """The board as a picture, which notebooks show: see `view.svg`."""
        from .view import svg

        return svg(self)

    @property
    def hits(self) -> int:
        """Ship squares that have been hit."""
        return len(self.shots) - self.misses

    @property
    def is_won(self) -> bool:
        """Every ship square is hit. No square is fired at twice, so it will be at last."""
        return self.hits == len(self._occupied)

    @property
    def hit_share(self) -> float:
        """Hits by ship squares, 0 to 1."""
        return self.hits / len(self._occupied)


@dataclass(frozen=True, slots=True)
class Game:
    """What all boards of a task have in common.

    Attributes:
        height, width: rows and columns.
        ships: the length of each ship.
        misses: with so many misses an evaluation game is over.
    """

    height: int
    width: int
    ships: tuple[int, ...]
    misses: int

    def draw(self, rng: np.random.Generator) -> Board:
        """A board with the ships at random: none overlaps another, all may touch.

        Raises:
            UserError: the ships do not fit on the board, or so tightly that no way was found.
        """
        for _ in range(ATTEMPTS):
            placed = self._placed(rng)
            if placed is not None:
                return Board(self.height, self.width, placed)
        raise UserError(
            f"task.ships={list(self.ships)} find no place on {self.height} × {self.width} squares: "
            "take fewer or shorter ones, or a larger board."
        )

    def _placed(self, rng: np.random.Generator) -> list[frozenset[Square]] | None:
        ships: list[frozenset[Square]] = []
        taken: frozenset[Square] = frozenset()
        for length in self.ships:
            ship = self._place(length, taken, rng)
            if ship is None:
                return None
            ships.append(ship)
            taken |= ship
        return ships

    def _place(
        self, length: int, taken: frozenset[Square], rng: np.random.Generator
    ) -> frozenset[Square] | None:
        for _ in range(ATTEMPTS):
            down = bool(rng.integers(2))
            rows = self.height - (length - 1) * down
            columns = self.width - (length - 1) * (not down)
            if rows < 1 or columns < 1:
                continue
            row, column = int(rng.integers(rows)), int(rng.integers(columns))
            ship = frozenset((row + i * down, column + i * (not down)) for i in range(length))
            if not ship & taken:
                return ship
        return None
