"""A board for people to look at: on a terminal, and as SVG."""

from __future__ import annotations

from .board import Board
from .shots import HIT, MISS

SQUARE = 28
"""Pixels."""
GLYPHS = {HIT: "●", MISS: "·"}
SHIP, WATER = "□", " "
COLOURS = {HIT: "#D55E00", MISS: "#9aa7b1"}


def terminal(board: Board) -> str:
    """The board with its coordinates: ● hit, · miss, □ a ship's square that was not found."""
    ships = frozenset().union(*board.ships)
    rows = board.map()
    head = "   " + " ".join(f"{column % 10}" for column in range(len(rows[0])))
    lines = [head]
    for row, text in enumerate(rows):
        marks = [
            GLYPHS.get(symbol, SHIP if (row, column) in ships else WATER)
            for column, symbol in enumerate(text)
        ]
        lines.append(f"{row:2} {' '.join(marks)}".rstrip())
    return "\n".join([*lines, _summary(board)])


def svg(board: Board) -> str:
    """The same as a picture of its own; shots are numbered in their order."""
    rows = board.map()
    width, height = len(rows[0]) * SQUARE, len(rows) * SQUARE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height + SQUARE}" '
        f'width="{width}" height="{height + SQUARE}" font-family="sans-serif">',
        f'<rect width="{width}" height="{height}" fill="#e8f1f8"/>',
        *(_ship(ship) for ship in board.ships),
        *(_line(i, height, upright=True) for i in range(len(rows[0]) + 1)),
        *(_line(i, width, upright=False) for i in range(len(rows) + 1)),
    ]
    for k, (row, column) in enumerate(board.shots, start=1):
        x, y = (column + 0.5) * SQUARE, (row + 0.5) * SQUARE
        colour = COLOURS[rows[row][column]]
        parts.append(f'<circle cx="{x:g}" cy="{y:g}" r="{SQUARE * 0.36:g}" fill="{colour}"/>')
        parts.append(
            f'<text x="{x:g}" y="{y + 4:g}" font-size="11" text-anchor="middle" fill="white">'
            f"{k}</text>"
        )
    parts.append(f'<text x="4" y="{height + 18}" font-size="13">{_summary(board)}</text></svg>')
    return "\n".join(parts)


def _summary(board: Board) -> str:
    squares = sum(map(len, board.ships))
    return f"{board.hits} of {squares} ship squares hit with {len(board.shots)} shots"


def _ship(ship: frozenset[tuple[int, int]]) -> str:
    (top, left), (bottom, right) = min(ship), max(ship)
    x, y = left * SQUARE + 3, top * SQUARE + 3
    width, height = (right - left + 1) * SQUARE - 6, (bottom - top + 1) * SQUARE - 6
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="8" fill="#56788f"/>'


def _line(i: int, length: int, *, upright: bool) -> str:
    at = i * SQUARE
    ends = (at, 0, at, length) if upright else (0, at, length, at)
    return '<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="#ffffff"/>'.format(*ends)
