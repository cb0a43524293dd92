"""Does a walk end where it began?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .picking import one

if TYPE_CHECKING:
    import numpy as np

TURNS = {"left": 1j, "right": -1j, "around": -1}
"""As factors of the direction, a complex number."""
SHORTEST, LONGEST = 3, 7
"""Instructions."""


def navigation(rng: np.random.Generator) -> tuple[str, str]:
    """Turns and steps; half of the walks are led back to their start."""
    said: list[str] = []
    place, direction = 0j, 1j
    for _ in range(int(rng.integers(SHORTEST, LONGEST + 1))):
        if rng.random() < 0.5:
            turn = one(list(TURNS), rng)
            direction *= TURNS[turn]
            said.append(f"Turn {turn}.")
        else:
            place += direction * _walk(int(rng.integers(1, 10)), said)
    if rng.random() < 0.5:
        place = _led_back(place, direction, said)
    question = (
        "Somebody follows these instructions. Is the end where the start was? Answer Yes or No. "
        + " ".join(said)
    )
    return question, "No" if place else "Yes"


def _walk(steps: int, said: list[str]) -> int:
    said.append(f"Take {steps} step{'s' * (steps > 1)}.")
    return steps


def _led_back(place: complex, direction: complex, said: list[str]) -> complex:
    """Say what leads from the place to the start, one axis after the other."""
    for axis in (1, 1j):
        along = (place / axis).real
        if along:
            wanted = -axis if along > 0 else axis
            for turn, factor in TURNS.items():
                if direction * factor == wanted:
                    said.append(f"Turn {turn}.")
            direction = wanted
            place += direction * _walk(int(abs(along)), said)
    return place
