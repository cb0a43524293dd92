"""All that there is to say of a trace, and its writing, with some operations left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from trace_core._node import MessageNode, Node, ParameterNode

from ._constraints import words
from ._folding import Fold
from ._lines import says_itself, statement, working
from ._values import described, shorten, value_text

LEAST = 40
"""Characters that are left of anything that is shortened."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sections:
    """The report by section: numbers beside the lines of #Code, or `apart` in #Others."""

    beside: dict[str, str]
    apart: dict[str, str]

    @property
    def length(self) -> int:
        """Characters, whichever of the two is shown."""
        apart = {**self.beside, **self.apart}
        return max(sum(map(len, texts.values())) for texts in (self.beside, apart))


class _Line(NamedTuple):
    """The operation, and the same in numbers if it is arithmetic."""

    code: str
    numbers: str | None


@dataclass(frozen=True, slots=True)
class Draft:
    """The parts of a report, operations in the order of #Code. What is written once is kept."""

    instruction: str
    names: Mapping[Node[Any], str]
    variables: dict[str, ParameterNode[Any]]
    calls: Sequence[MessageNode[Any]]
    inputs: Sequence[Node[Any]]
    outputs: Sequence[Node[Any]]
    feedback: str
    _texts: dict[Node[Any], str] = field(default_factory=dict)
    _lines: dict[Node[Any], _Line] = field(default_factory=dict)

    def written(self, longest: int, folds: Sequence[Fold] = ()) -> Sections:
        """All of it, apart from what is folded.

        Args:
            longest: characters of a value or line.
            folds: which operations are left out; inputs that only they have are, too.
        """
        shown = list(kept(self.calls, folds))
        ends = set(self.outputs)  # a set, for `in` on a list of nodes would compare their values
        others = [n for n in shown if n not in ends]
        used = {parent for n in shown for parent in n._parents}
        inputs = [n for n in self.inputs if n in used]
        beside = {
            "Instruction": self.instruction,
            "Code": "\n".join(self._code(folds, longest, numbers=True)),
            "Documentation": _documentation(shown),
            "Variables": self._values(self.variables.values(), None),
            "Constraints": self._constraints(),
            "Inputs": self._values(inputs, longest, len(self.inputs) - len(inputs)),
            "Others": self._values((n for n in others if not self._line(n).numbers), longest),
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
        values = (self._value(each, longest) for each in (node, *node._parents))
        line = self._line(node)
        code = len(line.code) + len(line.numbers or "")
        return code + len(node.description) + sum(len(value) + 1 for value in values)

    def fixed(self, longest: int) -> int:
        """How many characters there are without any operation."""
        return self.written(longest, [Fold(0, len(self.calls), 0)]).length

    def _code(self, folds: Sequence[Fold], longest: int, *, numbers: bool) -> Iterator[str]:
        place = 0
        for fold in folds:
            yield from self._written_lines(place, fold.start, longest, numbers)
            yield fold.note()
            place = fold.stop
        yield from self._written_lines(place, len(self.calls), longest, numbers)

    def _written_lines(self, start: int, stop: int, longest: int, numbers: bool) -> Iterator[str]:
        for node in self.calls[start:stop]:
            line = self._line(node)
            behind = f"  # {line.numbers}" if numbers and line.numbers else ""
            yield shorten(line.code, max(longest, LEAST)) + behind

    def _line(self, node: MessageNode[Any]) -> _Line:
        if node not in self._lines:
            self._lines[node] = _Line(statement(node, self.names), working(node))
        return self._lines[node]

    def _values(self, nodes: Iterable[Node[Any]], longest: int | None, missing: int = 0) -> str:
        lines = [self._value(node, longest) for node in nodes]
        return "\n".join([*lines, f"... {missing:,} more"] if missing else lines)

    def _value(self, node: Node[Any], longest: int | None) -> str:
        if node not in self._texts:
            self._texts[node] = value_text(node)
        return described(node, self.names[node], shorten(self._texts[node], longest))

    def _constraints(self) -> str:
        told = {name: words(p.constraint) for name, p in self.variables.items() if p.constraint}
        return "\n".join(f"{name}: {text}" for name, text in told.items())


def kept(items: Sequence[T], folds: Sequence[Fold]) -> Iterator[T]:
    """The items that are not folded."""
    place = 0
    for fold in folds:
        yield from items[place : fold.start]
        place = fold.stop
    yield from items[place:]


def _documentation(shown: Iterable[MessageNode[Any]]) -> str:
    """Each description once; operations that are written as expressions need none."""
    return "\n".join(dict.fromkeys(n.description for n in shown if not says_itself(n)))
