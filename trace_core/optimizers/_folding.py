"""Which lines of a long trace repeat, so that a report can say so instead."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

LONGEST_PERIOD = 40
"""Lines of a loop's body beyond which it is not looked for."""
FEWEST = 4
"""Turns of a loop that can be folded: two before the fold and one behind it are shown."""


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


@dataclass(frozen=True, slots=True)
class Loop:
    """From place `start` on, the same `period` operations occur `turns` times."""

    start: int
    period: int
    turns: int

    def folded(self, head: int, tail: int) -> Fold | None:
        """All but the first and last turns; None if there are no more."""
        if self.turns <= head + tail:
            return None
        start = self.start + head * self.period
        return Fold(start, self.start + (self.turns - tail) * self.period, self.period)


def loops(kinds: Sequence[Hashable]) -> list[Loop]:
    """The repetitions in a sequence of operations, those that cover most at each place."""
    number: dict[Hashable, int] = {}
    periods, covered = _best([number.setdefault(kind, len(number)) for kind in kinds])
    found, place = [], 0
    while place < len(kinds):
        if covered[place]:
            found.append(Loop(place, periods[place], covered[place] // periods[place]))
        place += covered[place] or 1
    return found


def _best(coded: Sequence[int]) -> tuple[list[int], list[int]]:
    """For each place the period that covers most from there on, and how much; 0 if none can be."""
    periods, covered = [0] * len(coded), [0] * len(coded)
    for period in range(1, min(LONGEST_PERIOD, len(coded) // FEWEST) + 1):
        run, fewest = 0, (FEWEST - 1) * period
        for place in range(len(coded) - period - 1, -1, -1):
            if coded[place] != coded[place + period]:
                run = 0
                continue
            run += 1
            if run >= fewest and (covers := period + run - run % period) > covered[place]:
                periods[place], covered[place] = period, covers
    return periods, covered
