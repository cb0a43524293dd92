"""The trace feedback as a pseudo-algorithm for an LLM to read (the paper's §4, Fig. 4)."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from trace_core._binding import CODE
from trace_core._errors import safe_repr
from trace_core._labels import label
from trace_core._node import ExceptionNode, MessageNode, Node, ParameterNode
from trace_core._propagate import TraceFeedback, levels

LONGEST = 2_000
"""Characters of a value that the report shows whole."""
SECTIONS = (
    "Instruction",
    "Code",
    "Documentation",
    "Variables",
    "Constraints",
    "Inputs",
    "Others",
    "Outputs",
    "Feedback",
)


@dataclass(frozen=True, slots=True)
class Report:
    """What the LLM is shown of one trace feedback.

    Attributes:
        variables: the parameters by the name they have in this report.
        sections: the text of each of `SECTIONS`.
    """

    variables: dict[str, ParameterNode[Any]]
    sections: dict[str, str]

    def text(self, mask: Collection[str] = ()) -> str:
        """All sections under their headings; those in `mask` ("#Code", …) are left empty.

        Raises:
            ValueError: the mask names no section.
        """
        hidden = {name.removeprefix("#") for name in mask}
        unknown = hidden.difference(SECTIONS)
        if unknown:
            raise ValueError(f"no section {sorted(unknown)}; there are {', '.join(SECTIONS)}")
        parts = [f"#{k}\n{'' if k in hidden else self.sections[k]}".rstrip() for k in SECTIONS]
        return "\n\n".join(parts)


def report(feedback: TraceFeedback, instruction: str, longest: int = LONGEST) -> Report:
    """Write the report of some trace feedback.

    Names are numbered anew in each report and floats have six digits, so that equal traces give
    equal texts in any process.

    Args:
        feedback: what `trace_feedback` gives.
        instruction: the problem's context and the objective.
        longest: characters of a value that is shown whole; the middle of longer ones is left out.
            Variables are never cut: who is to rewrite a value must see all of it.
    """
    inside = set(feedback.nodes)
    outputs = [output for output, _ in feedback.feedback if output in inside]
    level = levels(outputs)
    nodes = sorted(feedback.nodes, key=lambda n: (level[n], n._serial))
    called = [n for n in nodes if isinstance(n, MessageNode) and n.parents]
    outside = [p for n in called for p in n._parents if p not in inside]
    inputs = sorted(dict.fromkeys(outside), key=lambda n: (level[n], n._serial))
    names = _Names([*nodes, *inputs])
    variables = {names[n]: n for n in nodes if isinstance(n, ParameterNode)}
    ends = set(outputs)  # a set, for `in` on a list of nodes would compare their values
    sections = {
        "Instruction": instruction,
        "Code": "\n".join(_line(n, names) for n in called),
        "Documentation": "\n".join(dict.fromkeys(n.description for n in called)),
        "Variables": _values(list(variables.values()), names),
        "Constraints": _constraints(variables),
        "Inputs": _values(inputs, names, longest),
        "Others": _values([n for n in called if n not in ends], names, longest),
        "Outputs": _values([n for n in nodes if n in ends], names, longest),
        "Feedback": _feedback(feedback, names),
    }
    return Report(variables, sections)


def show(value: Any) -> str:
    """A value as the report prints it: floats with six significant digits; never an error."""
    try:
        return _show(value)
    except Exception:  # a value that holds itself, or whose repr fails
        return _without_addresses(safe_repr(value))


def _show(value: Any) -> str:
    if isinstance(value, float):
        return format(value, ".6g") if value % 1 or abs(value) >= 1e16 else f"{value:.1f}"
    if isinstance(value, (list, tuple)):
        inner = ", ".join(map(_show, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' * (len(value) == 1)})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_show(k)}: {_show(v)}" for k, v in value.items()) + "}"
    return _without_addresses(repr(value))


def _without_addresses(text: str) -> str:
    return re.sub(r" at 0x[0-9a-fA-F]+", "", text)  # an address is no two runs' the same


@dataclass(frozen=True, slots=True)
class _Names:
    """Names of this report: base name and a number that starts at 0."""

    nodes: list[Node[Any]]
    _of: dict[Node[Any], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        numbers: dict[str, count[int]] = {}
        for node in self.nodes:
            base = re.sub(r"\W", "_", label(node))
            self._of[node] = f"{base}{next(numbers.setdefault(base, count()))}"

    def __getitem__(self, node: Node[Any]) -> str:
        return self._of[node]


def _line(node: MessageNode[Any], names: _Names) -> str:
    arguments = ", ".join(f"{arg}={names[parent]}" for arg, parent in node.inputs.items())
    return f"{names[node]} = {node.operator.name}({arguments})"


def _values(nodes: Sequence[Node[Any]], names: _Names, longest: int | None = None) -> str:
    return "\n".join(_value(node, names[node], longest) for node in nodes)


def _value(node: Node[Any], name: str, longest: int | None) -> str:
    if isinstance(node, ParameterNode) and node.base_name == CODE:
        return f"(code) {name}:\n{node._data}"
    if isinstance(node, ExceptionNode):
        return f"(error) {name}={_shorten(node.create_feedback('full'), longest)}"
    value = node._data if isinstance(node._data, str) else show(node._data)
    return f"({type(node._data).__name__}) {name}={_shorten(value, longest)}"


def _shorten(text: str, longest: int | None) -> str:
    """The text, or its two ends with a note of how much is missing between them."""
    if longest is None or len(text) <= longest:
        return text
    half = longest // 2
    return f"{text[:half]} [... {len(text) - 2 * half} characters ...] {text[-half:]}"


def _constraints(variables: dict[str, ParameterNode[Any]]) -> str:
    lines = [f"{name}: {p.constraint}" for name, p in variables.items() if p.constraint]
    return "\n".join(lines)


def _feedback(feedback: TraceFeedback, names: _Names) -> str:
    given = [(n, text) for n, text in feedback.feedback if n in set(names.nodes)]
    if len(given) == 1:
        return str(given[0][1])
    return "\n".join(f"{names[n]}: {text}" for n, text in given)
