"""Several suggestions at once: which of them differ, and which are to be tried."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from trace_core._node import ParameterNode
from trace_core.llm import Reply

from ._suggestion import Suggestion
from ._values import same

Candidate = tuple[Suggestion, Reply]
Untried = deque[Mapping[str, Any]]


def distinct(asked: Sequence[Candidate]) -> list[Candidate]:
    """Those that can be applied, one of each kind, in order."""
    kept: list[Candidate] = []
    for found, reply in asked:
        if found.values and not any(same(found.values, other.values) for other, _ in kept):
            kept.append((found, reply))
    return kept


def with_all_events(chosen: Candidate, asked: Sequence[Candidate]) -> Candidate:
    """The chosen one, with what happened to the others on its account."""
    for other, _ in asked:
        if other is not chosen[0]:
            chosen[0].events.update(other.events)
    return chosen


def first_and_others(
    asked: Sequence[Candidate], base: Mapping[str, Any]
) -> tuple[Candidate, Untried]:
    """The first that changes something, and the values of the others that do.

    If none changes anything, the first that can be applied, else the first.

    Args:
        asked: suggestions.
        base: all values that they were made from: what a suggestion leaves out stays so.
    """
    usable = distinct(asked)
    new = [each for each in usable if not same({**base, **each[0].values}, base)]
    first, *others = new or usable[:1] or asked[:1]
    untried: Untried = deque({**base, **found.values} for found, _ in others)
    return with_all_events(first, asked), untried


def values_of(variables: Mapping[str, ParameterNode[Any]]) -> dict[str, Any]:
    """The values as they are."""
    return {name: parameter._data for name, parameter in variables.items()}
