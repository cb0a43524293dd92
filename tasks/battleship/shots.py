"""Which shots are allowed, judged by the map alone: no ship is known here."""

from __future__ import annotations

import reprlib
from collections.abc import Sequence
from operator import index
from typing import Any

Square = tuple[int, int]
"""Row and column, from 0."""
UNKNOWN, HIT, MISS = ".", "X", "O"


def require_legal(target: object, map: Sequence[str]) -> Square:
    """Return the square that a player wants to fire at.

    Args:
        target: anything: what code that a model wrote has returned.
        map: what is known of the board, row by row.

    Raises:
        ValueError: it is no square of the board, or was fired at before.
    """
    row, column = _pair(target)
    if not (0 <= row < len(map) and 0 <= column < len(map[0])):
        raise ValueError(
            f"{_shown([row, column])} is not on the board: rows go from 0 to {len(map) - 1}, "
            f"columns from 0 to {len(map[0]) - 1}"
        )
    if map[row][column] != UNKNOWN:
        known = map[row][column]
        raise ValueError(
            f"[{row}, {column}] was fired at before: map[{row}][{column}] is {known!r}"
        )
    return row, column


def _pair(target: Any) -> Square:
    """Two whole numbers, of Python's or NumPy's types, in a list, tuple or array."""
    try:
        if not isinstance(target, str | bytes | dict | set) and len(target) == 2:
            row, column = target
            if not isinstance(row, bool) and not isinstance(column, bool):
                return index(row), index(column)
    except TypeError:
        pass
    raise ValueError(
        f"the square to fire at must be [row, col], two whole numbers, not {_shown(target)}"
    )


def _shown(value: object) -> str:
    try:
        return reprlib.repr(value)
    except ValueError:  # Python refuses to print whole numbers of more than 4300 digits
        return "such large numbers"
