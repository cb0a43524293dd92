"""In which order do things stand, by clues that leave one order only?"""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

from .picking import letter, one, options, several

if TYPE_CHECKING:
    import numpy as np

COLOURS = ("red", "blue", "green", "white", "black", "yellow", "orange", "purple", "brown")
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh")


def logical_deduction(rng: np.random.Generator, n: int) -> tuple[str, str]:
    """So many books on a shelf; the question is which of them is at some place."""
    books = several(COLOURS, n, rng)
    possible = list(permutations(range(n)))
    clues: list[str] = []
    while len(possible) > 1:
        text, left = _clue(books, possible, rng)
        if len(left) < len(possible):
            clues.append(text)
            possible = left
    asked, listed = int(rng.integers(n)), several(books, n, rng)
    question = (
        f"{n} books of different colours stand on a shelf. {' '.join(clues)} "
        f"Which book is the {_place(asked, n)}?\n{options([f'the {b} book' for b in listed])}"
    )
    return question, letter(listed.index(books[asked]))


def _clue(
    books: list[str], possible: list[tuple[int, ...]], rng: np.random.Generator
) -> tuple[str, list[tuple[int, ...]]]:
    """A true statement about the books, and the orders that agree with it.

    An order is the place of each book of the list; the true one is 0, 1, 2, ...
    """
    if rng.random() < 0.3:
        k = int(rng.integers(len(books)))
        text = f"The {books[k]} book is the {_place(k, len(books))}."
        return text, [order for order in possible if order[k] == k]
    a, b = sorted(several(range(len(books)), 2, rng))
    first, side, second = one(((a, "left", b), (b, "right", a)), rng)
    text = f"The {books[first]} book is somewhere to the {side} of the {books[second]} book."
    return text, [order for order in possible if order[a] < order[b]]


def _place(k: int, n: int) -> str:
    return {0: "leftmost", n - 1: "rightmost"}.get(k, f"{ORDINALS[k]} from the left")
