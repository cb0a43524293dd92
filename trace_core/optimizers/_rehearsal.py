"""Reasoning in steps that small models manage: compute the trace again with another value.

Left to their own words, models of some billion parameters follow "larger" by raising the variable,
whatever the graph says. Where a trace is arithmetic on numbers, its reply is therefore asked for as
a template: every line of #Code once more, for a value of the variable that is half of its size (at
least 0.5) larger, then the change of the output, what the feedback asks for, and what follows of
the two. Every number in it that depends on the variable is computed by the LLM, and it reads the
feedback. The template knows the lines of the trace and arithmetic's order of sizes, nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from trace_core._node import MessageNode, Node

from ._lines import arithmetic, bracketed, statement, working
from ._report import Report
from ._suggestion import object_schema
from ._values import is_code, is_number

MOST_LINES = 24
"""Of a trace that is computed again."""
_SIZE = r"[0-9]{1,6}(\.[0-9]{1,2})?"
_NUMBER = f"-?{_SIZE}"
_BEHIND = rf"({_SIZE}|\(-{_SIZE}\))"


def rehearsal(shown: Report) -> dict[str, Any] | None:
    """The schema of the reasoning; None where the trace is no arithmetic on one number."""
    calls = shown.calls
    if not _is_arithmetic(shown):
        return None
    (name, variable), output = next(iter(shown.variables.items())), shown.outputs[0]
    trial = _short(variable._data + max(0.5, abs(variable._data) / 2))
    lines = {
        statement(call, shown.names.__getitem__): _text(_line(call, shown, trial)) for call in calls
    }
    before = _short(output._data)
    change = f"change = {shown.names[output]} - {bracketed(before)}"
    return object_schema(
        {
            "asked": {"type": "string", "enum": ["larger", "smaller", "something else"]},
            name: {"type": "string", "enum": [trial]},
            **lines,
            change: _text(f"{_NUMBER} - {_exactly(bracketed(before))} = {_NUMBER}"),
            "verdict": _text(_verdict(_short(variable._data))),
        }
    )


def _is_arithmetic(shown: Report) -> bool:
    if len(shown.variables) != 1 or len(shown.outputs) != 1 or len(shown.calls) > MOST_LINES:
        return False
    (variable,) = shown.variables.values()
    numeric = is_number(variable._data) and not is_code(variable)
    return bool(shown.calls) and numeric and all(arithmetic(c) and working(c) for c in shown.calls)


def _line(call: MessageNode[Any], shown: Report, trial: str) -> str:
    """A line of the trace with holes for all numbers that another value of the variable changes."""
    left, sign, right = arithmetic(call) or ("", "", "")
    inside: Mapping[Node[Any], str] = {
        **dict.fromkeys(shown.variables.values(), trial),
        **dict.fromkeys(shown.calls, ""),
    }
    first, second = call.inputs[left], call.inputs[right]
    known = [inside.get(n, _short(n._data)) for n in (first, second)]
    before = _exactly(known[0]) if known[0] else _NUMBER
    behind = _exactly(bracketed(known[1])) if known[1] else _BEHIND
    return f"{before} {_exactly(sign)} {behind} = {_NUMBER}"


def _verdict(value: str) -> str:
    """What follows of the change and of what is asked; the step and its sum are the LLM's."""
    above = rf"go above {_exactly(value)}: {_exactly(value)} \+ {_SIZE} = {_NUMBER}"
    below = rf"go below {_exactly(value)}: {_exactly(value)} - {_SIZE} = {_NUMBER}"
    up, down = rf"the change {_SIZE} is up", rf"the change -{_SIZE} is down"
    return (
        rf"(larger is asked, ({up}, {above}|{down}, {below})"
        rf"|smaller is asked, ({up}, {below}|{down}, {above})"
        rf"|something else is asked, ({up}|{down}), ({above}|{below}))"
    )


def _text(pattern: str) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^{pattern}$"}


def _exactly(text: str) -> str:
    """The text as a pattern: only what every engine for patterns escapes alike."""
    return re.sub(r"[()+*.?^$|\[\]{}\\]", lambda sign: "\\" + sign[0], text)


def _short(number: float) -> str:
    """Four digits are what a small model can reckon with."""
    return format(number, ".4g")
