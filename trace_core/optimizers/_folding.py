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
            return f"... {self.stop - self.start} more operations"
        lines = "line" if self.period == 1 else f"{self.period} lines"
        return f"... {self.times} more steps like this (the last {lines})"


def loops(kinds: Sequence[Hashable]) -> list[Fold]:
    """The repetitions in a sequence of operations, longest first at each place, from the front."""
    runs = _runs(kinds)
    folds, place = [], 0
    while place < len(kinds):
        period, repeats = _best(runs, place)
        if repeats > HEAD + TAIL:
            start = place + HEAD * period
            folds.append(Fold(start, place + (repeats - TAIL) * period, period))
            place += repeats * period
        else:
            place += 1
    return folds


def _runs(kinds: Sequence[Hashable]) -> list[list[int]]:
    """For each period, how far each place equals what stands that much later."""
    number: dict[Hashable, int] = {}
    coded = [number.setdefault(kind, len(number)) for kind in kinds]
    longest = min(LONGEST_PERIOD, len(coded) // (HEAD + TAIL + 1))
    return [_run(coded, period) for period in range(1, longest + 1)]


def _run(coded: Sequence[int], period: int) -> list[int]:
    run = [0] * len(coded)
    length = 0
    for place in range(len(coded) - period - 1, -1, -1):
        length = length + 1 if coded[place] == coded[place + period] else 0
        run[place] = length
    return run


def _best(runs: Sequence[Sequence[int]], place: int) -> tuple[int, int]:
    """The period that covers most, the shortest of equals, and how often it occurs."""
    best, most = (1, 1), 0
    for period, run in enumerate(runs, start=1):
        repeats = 1 + run[place] // period
        if repeats > HEAD + TAIL and repeats * period > most:
            best, most = (period, repeats), repeats * period
    return best
