"""Several suggestions at once: which of them differ, and trying them one after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from trace_core._node import ParameterNode
from trace_core.llm import Reply

from ._suggestion import Suggestion
from ._values import show

Candidate = tuple[Suggestion, Reply]
Untried = deque[Mapping[str, Any]]


def distinct(asked: Sequence[Candidate]) -> list[Candidate]:
    """Those that can be applied, one of each kind, in order."""
    seen: dict[str, Candidate] = {}
    for found, reply in asked:
        if found.values:
            seen.setdefault(show(found.values), (found, reply))
    return list(seen.values())


def with_all_events(chosen: Candidate, asked: Sequence[Candidate]) -> Candidate:
    """The chosen one, with what happened to the others on its account."""
    for other, _ in asked:
        if other is not chosen[0]:
            chosen[0].events.update(other.events)
    return chosen


def first_and_others(
    asked: Sequence[Candidate], base: Mapping[str, Any]
) -> tuple[Candidate, Untried]:
    """The first that can be applied, or if none can the first; and the values of the others.

    Args:
        asked: suggestions.
        base: all values that they were made from: what a suggestion leaves out stays so.
    """
    first, *others = distinct(asked) or asked[:1]
    untried: Untried = deque({**base, **found.values} for found, _ in others)
    return with_all_events(first, asked), untried


def values_of(variables: Mapping[str, ParameterNode[Any]]) -> dict[str, Any]:
    """The values as they are."""
    return {name: parameter._data for name, parameter in variables.items()}


def try_next(untried: Untried, variables: Mapping[str, ParameterNode[Any]]) -> dict[str, Any]:
    """Move to the next values; what happened, as JSON data."""
    values = untried.popleft()
    for name, value in values.items():
        variables[name].update(value)
    return {"suggestion": values, "changed": list(values), "untried": len(untried)}
