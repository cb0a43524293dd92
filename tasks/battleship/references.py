"""Fixed policies: what learnt ones are measured by. All see the map; the last also the fleet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from .shots import HIT, MISS, UNKNOWN, Square

if TYPE_CHECKING:
    import numpy as np

    from .board import Game

Reference = Callable[["Sequence[str]", "Game", "np.random.Generator"], Square]
"""(map, what is public of the game, a generator of its own) -> where to fire."""
PER_HIT = 20
"""How much likelier a place for a ship counts for each hit in it. The best of 5, 10, 20, 50."""


def enumeration(map: Sequence[str], game: Game, rng: np.random.Generator) -> Square:
    """Fire at all squares in order: the paper's baseline."""
    return next(_unknown(map))


def random_policy(map: Sequence[str], game: Game, rng: np.random.Generator) -> Square:
    """Fire anywhere."""
    return _any_of(list(_unknown(map)), rng)


def hunt_target(map: Sequence[str], game: Game, rng: np.random.Generator) -> Square:
    """Fire beside a hit; while there is none with an unknown neighbour, anywhere."""
    beside = [square for square in _unknown(map) if any(_is_hit(map, s) for s in _around(square))]
    return _any_of(beside or list(_unknown(map)), rng)


def probability_density(map: Sequence[str], game: Game, rng: np.random.Generator) -> Square:
    """Fire where most places for the ships of the fleet overlap: the ceiling.

    A place counts if it holds no miss, `PER_HIT` times as much for each hit in it. Ships are
    counted one by one, and all of them always: the map does not say which are sunk.
    """
    import numpy as np

    cells = np.array([list(row) for row in map]).ravel()
    places = _places(game.height, game.width, game.ships)
    hits, misses = places @ (cells == HIT), places @ (cells == MISS)
    density = np.where(misses > 0, 0.0, float(PER_HIT) ** hits) @ places
    density[cells != UNKNOWN] = -1
    row, column = divmod(int(density.argmax()), game.width)
    return row, column


REFERENCES: Mapping[str, Reference] = {
    function.__name__: function
    for function in (enumeration, random_policy, hunt_target, probability_density)
}


@cache
def _places(height: int, width: int, ships: tuple[int, ...]) -> Any:
    """Every place for every ship, as rows of 0 and 1 over the squares."""
    import numpy as np

    found = []
    for length in ships:
        for down in (1, 0):
            for row in range(height - (length - 1) * down):
                for column in range(width - (length - 1) * (1 - down)):
                    place = np.zeros((height, width))
                    for i in range(length):
                        place[row + i * down, column + i * (1 - down)] = 1
                    found.append(place.ravel())
    return np.array(found)


def _unknown(map: Sequence[str]) -> Iterator[Square]:
    for row, text in enumerate(map):
        for column, symbol in enumerate(text):
            if symbol == UNKNOWN:
                yield row, column


def _around(square: Square) -> Iterator[Square]:
    row, column = square
    yield from ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1))


def _is_hit(map: Sequence[str], square: Square) -> bool:
    row, column = square
    return 0 <= row < len(map) and 0 <= column < len(map[0]) and map[row][column] == HIT


def _any_of(squares: Sequence[Square], rng: np.random.Generator) -> Square:
    return squares[int(rng.integers(len(squares)))]
