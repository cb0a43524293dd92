"""What a report leaves out of a trace that is too long for the prompt.

The rule, in this order and no further than needed:

1. Inputs, intermediate results and outputs above `longest` characters lose their middle; then all
   above a few hundred do.
2. Where operations repeat, as in a loop, turns in its middle are folded: the first and the last
   eight stay, or four, or the first two and the last.
3. Operations in the middle are left out: those next to the variables and to the outputs stay.
4. Where even that is too long, sections lose their middle, the feedback to the outputs among them.

The instruction, the variables and their constraints are never cut, and every output is named with
its value. Whatever is left out is said to be, with its number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, takewhile

from ._draft import LEAST, Draft, Sections, kept
from ._folding import Fold, loops
from ._values import shorten

LONGEST = 2_000
"""Characters of a value that the report shows whole."""
SHORTER = (400, 120)
"""Characters of a value in reports that are too long otherwise."""
TURNS = ((8, 8), (4, 4), (2, 1))
"""Turns of a loop that are shown before and behind a fold."""
SHORTEST_LINE = 12
"""Characters of a line of #Code: what has too many of them is not written to be measured."""
NOTE = 40
"""Characters of the note that stands where something was cut."""
_CUT = ("Code", "Documentation", "Inputs", "Others", "Outputs", "Feedback")


def fitted(draft: Draft, longest: int, room: int | None) -> Sections:
    """The draft as it is, or shortened by the rule until it fits into `room` characters."""
    if room is None:
        return draft.written(longest)
    folds: list[Fold] = []
    for shorter, folds in _attempts(draft, longest):
        shown = sum(1 for _ in kept(draft.calls, folds))
        if shown * SHORTEST_LINE <= room:
            sections = draft.written(shorter, folds)
            if sections.length <= room:
                return sections
    least = min(longest, SHORTER[-1])
    room_for_code = room - draft.fixed(least) - NOTE
    cut = draft.written(least, _without_middle(draft, least, folds, room_for_code))
    return cut if cut.length <= room else _forced(cut, room)


def _attempts(draft: Draft, longest: int) -> Iterator[tuple[int, list[Fold]]]:
    """Characters of a value and what is folded, from the whole to the shortest."""
    most, least = (min(longest, each) for each in SHORTER)
    yield longest, []
    yield most, []
    found = loops([n.operator.name for n in draft.calls])
    folded = [[f for loop in found if (f := loop.folded(*turns))] for turns in TURNS]
    yield from ((most, folds) for folds in folded)
    yield least, folded[-1]


def _without_middle(draft: Draft, longest: int, folds: Sequence[Fold], room: int) -> list[Fold]:
    """The folds, and one more from the middle: half the room is for either end."""
    shown = list(kept(range(len(draft.calls)), folds))
    costs = (draft.cost(draft.calls[place], longest) for place in shown)
    backward = (draft.cost(draft.calls[place], longest) for place in reversed(shown))
    head, tail = _fitting_in(costs, room // 2), _fitting_in(backward, room // 2)
    if head + tail >= len(shown):
        return list(folds)
    start, stop = shown[head], shown[len(shown) - tail - 1] + 1
    apart = [fold for fold in folds if fold.stop <= start or fold.start >= stop]
    return sorted([*apart, Fold(start, stop, 0)], key=lambda fold: fold.start)


def _fitting_in(costs: Iterable[int], room: int) -> int:
    """How many from the front."""
    return sum(1 for _ in takewhile(lambda total: total <= room, accumulate(costs)))


def _forced(sections: Sections, room: int) -> Sections:
    """The last resort: the longest sections lose their middle, all to the same length."""
    texts = {**sections.beside, **sections.apart}
    whole = sum(len(text) for name, text in sections.beside.items() if name not in _CUT)
    lengths = sorted(len(texts[name]) for name in _CUT)
    most, left = LEAST, room - whole
    for number, length in enumerate(lengths):
        most = left // (len(lengths) - number)
        if length > most:
            break
        left -= length
    most = max(most - NOTE, LEAST)
    shorter = {name: shorten(sections.beside[name], most) for name in _CUT}
    apart = {name: shorten(text, most) for name, text in sections.apart.items()}
    return Sections({**sections.beside, **shorter}, apart)
