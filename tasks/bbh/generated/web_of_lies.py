"""Who tells the truth?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .picking import PEOPLE, several

if TYPE_CHECKING:
    import numpy as np

LENGTH = 5
"""People in a chain."""


def web_of_lies(rng: np.random.Generator) -> tuple[str, str]:
    """Each says of the one before whether that one lies; what is asked is whether the last does."""
    first, *others = several(PEOPLE, LENGTH, rng)
    truthful = bool(rng.integers(2))
    said = [f"{first} {_verb(truthful)}."]
    before = first
    for person in others:
        claim = bool(rng.integers(2))
        said.append(f"{person} says that {before} {_verb(claim)}.")
        truthful = claim == truthful
        before = person
    question = f"Everybody here always lies or always tells the truth. {' '.join(said)} "
    return f"{question}Does {before} tell the truth? Answer Yes or No.", "Yes" if truthful else "No"


def _verb(truthful: bool) -> str:
    return "tells the truth" if truthful else "lies"
