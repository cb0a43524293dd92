"""Who has what after some exchanges?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .picking import PEOPLE, enumerated, letter, one, options, several

if TYPE_CHECKING:
    import numpy as np

BALLS = ("red", "blue", "green", "white", "black", "yellow", "orange", "purple", "pink")


def shuffling(rng: np.random.Generator, n: int) -> tuple[str, str]:
    """So many people with a ball each, and as many exchanges; which ball has one of them?"""
    people, balls = several(PEOPLE, n, rng), several(BALLS, n, rng)
    has = dict(zip(people, balls, strict=True))
    begin = enumerated([f"{person} has the {ball} ball" for person, ball in has.items()])
    swaps = []
    for _ in range(n):
        a, b = several(people, 2, rng)
        has[a], has[b] = has[b], has[a]
        swaps.append(f"{a} and {b} exchange their balls.")
    asked, listed = one(people, rng), several(balls, n, rng)
    question = f"{begin}. {' '.join(swaps)} Which ball does {asked} have at the end?\n" + options(
        [f"the {ball} ball" for ball in listed]
    )
    return question, letter(listed.index(has[asked]))
