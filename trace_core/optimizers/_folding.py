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
    candidates = _candidates([number.setdefault(kind, len(number)) for kind in kinds])
    found, place = [], 0
    while place < len(kinds):
        if place not in candidates:
            place += 1
            continue
        best = max(candidates[place], key=lambda loop: (loop.turns * loop.period, -loop.period))
        found.append(best)
        place += best.turns * best.period
    return found


def _candidates(coded: Sequence[int]) -> dict[int, list[Loop]]:
    """The repetitions that begin at each place."""
    found: dict[int, list[Loop]] = {}
    for period in range(1, min(LONGEST_PERIOD, len(coded) // FEWEST) + 1):
        run = 0
        for place in range(len(coded) - period - 1, -1, -1):
            run = run + 1 if coded[place] == coded[place + period] else 0
            if run >= (FEWEST - 1) * period:
                found.setdefault(place, []).append(Loop(place, period, 1 + run // period))
    return found
