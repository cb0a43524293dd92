"""Problems like BIG-Bench Hard's algorithmic ones, made up: any amount, exact answers, no data.

The wording is our own, and so is their distribution: accuracies on them are not those on the
published subsets of the same name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from trace_core import UserError

from .boolean_expressions import boolean_expression
from .dyck_languages import dyck_word
from .logical_deduction import logical_deduction
from .multistep_arithmetic import arithmetic
from .navigate import navigation
from .object_counting import counting
from .tracking_shuffled_objects import shuffling
from .web_of_lies import web_of_lies
from .word_sorting import sorting

if TYPE_CHECKING:
    import numpy as np

Draw = Callable[["np.random.Generator"], tuple[str, str]]
"""A question and its answer."""
NUMBERS = {"three": 3, "five": 5, "seven": 7}
KINDS: Mapping[str, Draw] = {
    "boolean_expressions": boolean_expression,
    "dyck_languages": dyck_word,
    "multistep_arithmetic_two": arithmetic,
    "navigate": navigation,
    "object_counting": counting,
    "web_of_lies": web_of_lies,
    "word_sorting": sorting,
    **{
        f"{name}_{word}_objects": partial(draw, n=n)
        for name, draw in (
            ("logical_deduction", logical_deduction),
            ("tracking_shuffled_objects", shuffling),
        )
        for word, n in NUMBERS.items()
    },
}
"""By the name of the subset that they are like."""
ATTEMPTS = 50
"""Draws for each problem that is wanted, before it is said that there are not so many."""


def generate(kind: str, amount: int, rng: np.random.Generator) -> list[tuple[str, str]]:
    """Draw different problems of a kind: questions with their answers.

    Raises:
        UserError: there are hardly so many.
    """
    found: dict[str, str] = {}
    for _ in range(ATTEMPTS * amount):
        question, answer = KINDS[kind](rng)
        found.setdefault(question, answer)
        if len(found) == amount:
            return list(found.items())
    raise UserError(
        f"Only {len(found)} different problems of generated/{kind} were found in "
        f"{ATTEMPTS * amount} draws: lower task.examples."
    )
