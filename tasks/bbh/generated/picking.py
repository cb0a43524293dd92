"""What several kinds draw: some of a list, names, letters for options."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import numpy as np

T = TypeVar("T")
PEOPLE = (
    "Ada", "Boris", "Chen", "Dora", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kofi",
    "Lena", "Marek", "Nadia", "Oskar", "Priya", "Quentin", "Rosa", "Samir", "Tilda",
)  # fmt: skip


def one(items: Sequence[T], rng: np.random.Generator) -> T:
    """Any of them."""
    return items[int(rng.integers(len(items)))]


def several(items: Sequence[T], n: int, rng: np.random.Generator) -> list[T]:
    """So many different ones, in any order."""
    return [items[int(i)] for i in rng.permutation(len(items))[:n]]


def options(lines: Sequence[str]) -> str:
    """Lines to choose from, "(A) ..." first."""
    listed = [f"{letter(i)} {line}" for i, line in enumerate(lines)]
    return "\n".join(["Options:", *listed])


def letter(place: int) -> str:
    """The name of an option: "(A)" for 0."""
    return f"({chr(ord('A') + place)})"


def enumerated(words: Sequence[str]) -> str:
    """Words as a sentence has them: "a, b and c"."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
