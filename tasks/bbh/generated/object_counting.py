"""How many of a kind are there in a list of things?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .picking import enumerated, one, several

if TYPE_CHECKING:
    import numpy as np

THINGS = {
    "fruits": (
        "apple/apples", "pear/pears", "plum/plums", "cherry/cherries", "melon/melons",
        "lemon/lemons", "peach/peaches", "fig/figs",
    ),
    "animals": (
        "dog/dogs", "cat/cats", "goose/geese", "horse/horses", "snail/snails", "frog/frogs",
        "sheep/sheep", "rabbit/rabbits",
    ),
    "pieces of furniture": (
        "table/tables", "chair/chairs", "bed/beds", "shelf/shelves", "stool/stools", "desk/desks",
        "bench/benches", "wardrobe/wardrobes",
    ),
    "musical instruments": (
        "flute/flutes", "violin/violins", "drum/drums", "piano/pianos", "guitar/guitars",
        "harp/harps", "trumpet/trumpets", "cello/cellos",
    ),
}  # fmt: skip
"""Singular and plural."""
WORDS = ("two", "three", "four", "five", "six")


def counting(rng: np.random.Generator) -> tuple[str, str]:
    """Things of two kinds, up to six of each; one kind is asked for."""
    asked, other = several(list(THINGS), 2, rng)
    listed: list[str] = []
    total = 0
    for kind in (asked, other):
        for thing in several(THINGS[kind], int(rng.integers(2, 6)), rng):
            text, number = _some(thing, rng)
            listed.append(text)
            total += number if kind == asked else 0
    mixed = several(listed, len(listed), rng)
    return f"I have {enumerated(mixed)}. How many {asked} do I have?", str(total)


def _some(thing: str, rng: np.random.Generator) -> tuple[str, int]:
    singular, _, plural = thing.partition("/")
    if rng.random() < 0.6:
        return f"{'an' if singular[0] in 'aeiou' else 'a'} {singular}", 1
    word = one(WORDS, rng)
    return f"{word} {plural}", WORDS.index(word) + 2
