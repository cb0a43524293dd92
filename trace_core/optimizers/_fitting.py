"""What a report says of a trace, and what it leaves out of one that is too long.

The rule, in this order and no further than needed:

1. Inputs, intermediate results and outputs above `longest` characters lose their middle; then all
   above a few hundred characters do.
2. Where operations repeat, as in a loop, the first two and the last repetition stay.
3. Operations in the middle are left out: those next to the variables and to the outputs stay.

The instruction, the variables, their constraints and the feedback are never left out, and of every
output something is said. Whatever is left out is said to be, with its number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, TypeVar

from trace_core._node import MessageNode, Node, ParameterNode

from ._constraints import words
from ._folding import Fold, loops
from ._lines import says_itself, statement, working
from ._values import described, shorten, value_text

LONGEST = 2_000
"""Characters of a value that the report shows whole."""
SHORTER = (400, 120)
"""Characters of a value in reports that are too long otherwise."""
LEAST, NOTE = 40, 40
"""Characters that are left of a section where all else has failed, and of the note in it."""
_CUT = ("Code", "Documentation", "Inputs", "Others", "Outputs", "Feedback")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sections:
    """The report by section: numbers beside the lines of #Code, or `apart` in #Others."""

    beside: dict[str, str]
    apart: dict[str, str]

    def __len__(self) -> int:
        return sum(map(len, self.beside.values()))


@dataclass(frozen=True, slots=True)
class Draft:
    """What there is to say."""

    instruction: str
    names: Mapping[Node[Any], str]
    variables: dict[str, ParameterNode[Any]]
    calls: Sequence[MessageNode[Any]]
    inputs: Sequence[Node[Any]]
    outputs: Sequence[Node[Any]]
    feedback: str
    _texts: dict[Node[Any], str] = field(default_factory=dict)

    def written(self, longest: int, folds: Sequence[Fold] = ()) -> Sections:
        """All of it, apart from what is folded."""
        shown = list(_kept(self.calls, folds))
        ends = set(self.outputs)  # a set, for `in` on a list of nodes would compare their values
        others = [n for n in shown if n not in ends]
        used = {parent for n in shown for parent in n._parents}
        inputs = [n for n in self.inputs if n in used]
        beside = {
            "Instruction": self.instruction,
            "Code": "\n".join(self._code(folds, longest, numbers=True)),
            "Documentation": _documentation(shown),
            "Variables": self._values(list(self.variables.values()), None),
            "Constraints": self._constraints(),
            "Inputs": self._values(inputs, longest, len(self.inputs) - len(inputs)),
            "Others": self._values([n for n in others if not working(n)], longest),
            "Outputs": self._values(self.outputs, longest),
            "Feedback": self.feedback,
        }
        apart = {
            "Code": "\n".join(self._code(folds, longest, numbers=False)),
            "Others": self._values(others, longest),
        }
        return Sections(beside, apart)

    def cost(self, node: MessageNode[Any], longest: int) -> int:
        """How many characters an operation adds to the report at most."""
        told = [self._value(each, longest) for each in (node, *node._parents)]
        return sum(map(len, (*self._line(node, longest, True), node.description, *told)))

    def fixed(self, longest: int) -> int:
        """How many characters there are without any operation."""
        return len(self.written(longest, [Fold(0, len(self.calls), 0)]))

    def _code(self, folds: Sequence[Fold], longest: int, *, numbers: bool) -> Iterator[str]:
        notes = {fold.start: fold for fold in folds}
        place = 0
        while place < len(self.calls):
            if place in notes:
                yield notes[place].note()
                place = notes[place].stop
            else:
                yield "".join(self._line(self.calls[place], longest, numbers))
                place += 1

    def _line(self, node: MessageNode[Any], longest: int, numbers: bool) -> tuple[str, str]:
        code = shorten(statement(node, self.names.__getitem__), max(longest, LEAST))
        worked = working(node) if numbers else None
        return code, f"  # {worked}" if worked else ""

    def _values(self, nodes: Sequence[Node[Any]], longest: int | None, missing: int = 0) -> str:
        lines = [self._value(node, longest) for node in nodes]
        return "\n".join([*lines, f"... {missing} more"] if missing else lines)

    def _value(self, node: Node[Any], longest: int | None) -> str:
        if node not in self._texts:
            self._texts[node] = value_text(node)
        return described(node, self.names[node], shorten(self._texts[node], longest))

    def _constraints(self) -> str:
        told = {name: words(p.constraint) for name, p in self.variables.items() if p.constraint}
        return "\n".join(f"{name}: {text}" for name, text in told.items())


def fitted(draft: Draft, longest: int, room: int | None) -> Sections:
    """The draft as it is, or shortened by the rule until it fits into `room` characters."""
    whole = draft.written(longest)
    if room is None or len(whole) <= room:
        return whole
    folds = loops([n.operator.name for n in draft.calls])
    most, least = (min(longest, each) for each in SHORTER)
    for shorter, folded in ((most, []), (most, folds), (least, folds)):
        sections = draft.written(shorter, folded)
        if len(sections) <= room:
            return sections
    cut = draft.written(least, _without_middle(draft, least, folds, room - draft.fixed(least)))
    return cut if len(cut) <= room else _forced(cut, room)


def _without_middle(draft: Draft, longest: int, folds: Sequence[Fold], room: int) -> list[Fold]:
    """The folds, and one more from the middle: half the room is for either end."""
    shown = list(_kept(range(len(draft.calls)), folds))
    costs = [draft.cost(draft.calls[place], longest) for place in shown]
    head = _fitting_in(costs, room // 2)
    tail = _fitting_in(costs[::-1], room // 2)
    if head + tail >= len(shown):
        return list(folds)
    start, stop = shown[head], shown[len(shown) - tail - 1] + 1
    apart = [fold for fold in folds if fold.stop <= start or fold.start >= stop]
    return sorted([*apart, Fold(start, stop, 0)], key=lambda fold: fold.start)


def _fitting_in(costs: Sequence[int], room: int) -> int:
    """How many from the front."""
    return sum(total <= room for total in accumulate(costs))


def _forced(sections: Sections, room: int) -> Sections:
    """The last resort: whole sections lose their middle, all to the same length."""
    texts = sections.beside
    fixed = sum(len(text) for name, text in texts.items() if name not in _CUT)
    most = max((room - fixed) // len(_CUT) - NOTE, LEAST)
    shorter = {name: shorten(texts[name], most) for name in _CUT}
    apart = {name: shorten(text, most) for name, text in sections.apart.items()}
    return Sections({**texts, **shorter}, apart)


def _documentation(shown: Sequence[MessageNode[Any]]) -> str:
    """Each description once; operations that are written as expressions need none."""
    return "\n".join(dict.fromkeys(n.description for n in shown if not says_itself(n)))


def _kept(items: Sequence[T], folds: Sequence[Fold]) -> Iterator[T]:
    place = 0
    for fold in folds:
        yield from items[place : fold.start]
        place = fold.stop
    yield from items[place:]
