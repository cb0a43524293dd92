"""Which lines of a long trace repeat, so that a report can say so instead."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

LONGEST_PERIOD = 40
"""Lines of a loop's body beyond which it is not looked for."""
HEAD, TAIL = 2, 1
"""Repetitions that are shown before and after the fold."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Lines `start` to `stop`, without the latter, are `times` repetitions of the `period` before.

    A period of 0 marks lines that repeat nothing and are left out all the same.
    """

    start: int
    stop: int
    period: int

    @property
    def times(self) -> int:
        """How many repetitions are folded."""
        return (self.stop - self.start) // self.period if self.period else 0

    def note(self) -> str:
        """What stands in their place."""
        if not self.period:
            return f"... {self.stop - self.start:,} more operations"
        lines = "line" if self.period == 1 else f"{self.period} lines"
        return f"... {self.times:,} more steps like this, the {lines} above"


def loops(kinds: Sequence[Hashable]) -> list[Fold]:
    """The repetitions in a sequence of operations, those that cover most at each place."""
    number: dict[Hashable, int] = {}
    candidates = _candidates([number.setdefault(kind, len(number)) for kind in kinds])
    folds, place = [], 0
    while place < len(kinds):
        period, covered = max(candidates.get(place, _NONE), key=lambda pair: (pair[1], -pair[0]))
        if covered:
            start = place + HEAD * period
            folds.append(Fold(start, place + covered - TAIL * period, period))
        place += max(covered, 1)
    return folds


_NONE = [(1, 0)]


def _candidates(coded: Sequence[int]) -> dict[int, list[tuple[int, int]]]:
    """Where a repetition may begin: its period, and how many places it covers."""
    found: dict[int, list[tuple[int, int]]] = {}
    fewest = HEAD + TAIL + 1
    for period in range(1, min(LONGEST_PERIOD, len(coded) // fewest) + 1):
        run = 0
        for place in range(len(coded) - period - 1, -1, -1):
            run = run + 1 if coded[place] == coded[place + period] else 0
            if run >= (fewest - 1) * period:
                found.setdefault(place, []).append((period, (1 + run // period) * period))
    return found
