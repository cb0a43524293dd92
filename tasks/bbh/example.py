"""A question with the answer that is wanted, and what counts as that answer."""

from __future__ import annotations

import re
from dataclasses import dataclass

CHOICE = re.compile(r"\([A-Z]\)")
"""How a target names one of several options."""


@dataclass(frozen=True, slots=True)
class Example:
    """One of a subset's examples; `index` is its place in the file, from 0."""

    index: int
    question: str
    target: str


@dataclass(frozen=True, slots=True)
class Split:
    """What a trial learns from, chooses by, and is tested on."""

    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    test: tuple[Example, ...]


def is_right(answer: str, target: str) -> bool:
    """Whether an answer counts (App. H.4: the burden of the format is the workflow's).

    Where the target is an option such as "(B)", the last option that the answer names must be it;
    elsewhere the texts must be equal.
    """
    if CHOICE.fullmatch(target):
        named = CHOICE.findall(answer)
        return bool(named) and named[-1] == target
    return answer == target
