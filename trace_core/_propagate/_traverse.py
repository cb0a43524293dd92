"""Orders of traversal. Nothing here recurses: a long rollout cannot overflow the stack."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from trace_core._node import Node

by_creation = attrgetter("_serial")


def ancestors(ends: Iterable[Node[Any]]) -> list[Node[Any]]:
    """All that the ends depend on, and they themselves: parents first, each node once.

    Parents are always created before their children, so creation order is a topological one.
    """
    seen = set(ends)
    stack, found = list(seen), list(seen)
    while stack:
        for parent in stack.pop()._parents:
            if parent not in seen:
                seen.add(parent)
                stack.append(parent)
                found.append(parent)
    # as they were met, they are nearly sorted: half the time of sorting the set at a million nodes
    return sorted(found, key=by_creation)


def levels(ends: Iterable[Node[Any]]) -> dict[Node[Any], int]:
    """The level of every node that the ends depend on: 0 for roots, else 1 + the highest parent."""
    found: dict[Node[Any], int] = {}
    for node in ancestors(ends):
        parents = node._parents
        found[node] = 1 + max([found[p] for p in parents]) if parents else 0
    return found
