"""The trace feedback as a pseudo-algorithm for an LLM to read (the paper's §4, Fig. 4)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal, get_args

from trace_core._labels import label, next_name
from trace_core._node import MessageNode, Node, ParameterNode
from trace_core._propagate import TraceFeedback, levels

from ._draft import Draft
from ._fitting import LONGEST, fitted

Section = Literal[
    "#Instruction",
    "#Code",
    "#Documentation",
    "#Variables",
    "#Constraints",
    "#Inputs",
    "#Others",
    "#Outputs",
    "#Feedback",
]
"""A heading; a mask hides what stands below it."""
SECTIONS = tuple(heading.removeprefix("#") for heading in get_args(Section))
_TRACE = {"Code", "Inputs", "Others"}


@dataclass(frozen=True, slots=True)
class Report:
    """What the LLM is shown of one trace feedback.

    Attributes:
        variables: the parameters by the name they have in this report.
        sections: the text of each of `SECTIONS`.
        apart: #Code and #Others where the numbers are not beside the lines of the code.
        names: what the nodes are called.
        calls: the operations, in the order of #Code.
        outputs: the nodes that the feedback is about.
    """

    variables: dict[str, ParameterNode[Any]]
    sections: dict[str, str]
    apart: dict[str, str] = field(default_factory=dict)
    names: Mapping[Node[Any], str] = field(default_factory=dict)
    calls: tuple[MessageNode[Any], ...] = ()
    outputs: tuple[Node[Any], ...] = ()

    def text(self, mask: Collection[str] = ()) -> str:
        """All sections under their headings; those in `mask` ("#Code", …) are left empty.

        Raises:
            ValueError: the mask names no section.
        """
        hidden = self.hidden(mask)
        # a mask of #Others must not be got round by the numbers in #Code
        sections = {**self.sections, **(self.apart if hidden & _TRACE else {})}
        parts = [f"#{k}\n{'' if k in hidden else sections[k]}".rstrip() for k in SECTIONS]
        return "\n\n".join(parts)

    def hidden(self, mask: Collection[str]) -> set[str]:
        """The sections that a mask hides.

        Raises:
            ValueError: the mask names no section.
        """
        hidden = {name.removeprefix("#") for name in mask}
        unknown = hidden.difference(SECTIONS)
        if unknown:
            raise ValueError(f"no section {sorted(unknown)}; there are {', '.join(SECTIONS)}")
        return hidden


def report(
    feedback: TraceFeedback, instruction: str, longest: int = LONGEST, room: int | None = None
) -> Report:
    """Write the report of some trace feedback.

    Names are numbered anew in each report and floats have six digits, so that equal traces give
    equal texts in any process.

    Args:
        feedback: what `trace_feedback` gives.
        instruction: the problem's context and the objective.
        longest: characters of a value that is shown whole; the middle of longer ones is left out.
            Variables are never cut: who is to rewrite a value must see all of it.
        room: characters that the report may have; see `_fitting` for what is left out.
    """
    draft = _draft(feedback, instruction)
    sections = fitted(draft, longest, room)
    return Report(
        variables=draft.variables,
        sections=sections.beside,
        apart=sections.apart,
        names=draft.names,
        calls=tuple(draft.calls),
        outputs=tuple(draft.outputs),
    )


def _draft(feedback: TraceFeedback, instruction: str) -> Draft:
    inside = set(feedback.nodes)
    given = [(output, text) for output, text in feedback.feedback if output in inside]
    ends = dict.fromkeys(output for output, _ in given)
    level = levels(ends)
    nodes = sorted(feedback.nodes, key=lambda n: (level[n], n._serial))
    calls = [n for n in nodes if isinstance(n, MessageNode) and n.parents]
    outside = dict.fromkeys(p for n in calls for p in n._parents if p not in inside)
    inputs = sorted(outside, key=lambda n: (level[n], n._serial))
    names = _named([*nodes, *inputs])
    return Draft(
        instruction=instruction,
        names=names,
        variables={names[n]: n for n in nodes if isinstance(n, ParameterNode)},
        calls=calls,
        inputs=inputs,
        outputs=[n for n in nodes if n in ends],
        feedback=_feedback(given, names),
    )


def _named(nodes: list[Node[Any]]) -> dict[Node[Any], str]:
    """Names of this report: base name and a number that starts at 0."""
    numbers: dict[str, count[int]] = {}
    found: dict[str, Node[Any]] = {}
    for node in nodes:
        base = re.sub(r"\W", "_", label(node))
        found[next_name(base, numbers.setdefault(base, count()), found)] = node
    return {node: name for name, node in found.items()}


def _feedback(given: list[tuple[Node[Any], Any]], names: Mapping[Node[Any], str]) -> str:
    if len(given) == 1:
        return str(given[0][1])
    return "\n".join(f"{names[n]}: {text}" for n, text in given)
