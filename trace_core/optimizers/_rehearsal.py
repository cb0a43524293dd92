"""Reasoning in steps that small models manage: compute the trace again with another value.

Left to their own words, models of some billion parameters follow "larger" by raising the variable,
whatever the graph says. Where a trace is arithmetic on one number, the reply is therefore a
template with holes: what the feedback asks for, every line of #Code once more with a value of the
variable that is half of its size (at least 0.5) larger, the change of the output, and a step. The
LLM fills in every number that depends on the variable, what is asked, and how far to go. The step
has no more digits before the point than the rise that was rehearsed, so that it is less than ten
times that rise, or 10: the trace says as little about what happens far away as a gradient does, and
a model that reckons wrong was seen to take steps of ten to a hundred times its value. It is the
step in the template that is bounded; the sum and the suggestion are the LLM's. The template knows
the form of the trace and that a change in the wrong direction means the other one: nothing that the
LLM was not shown, and no result is computed for it.
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
LARGEST = 100_000
"""Size of a number that the template has room for."""
_SIZE = r"[0-9]{1,6}(\.[0-9]{1,2})?"
_NUMBER = f"-?{_SIZE}"
_BEHIND = rf"({_SIZE}|\(-{_SIZE}\))"


def rehearsal(shown: Report) -> dict[str, Any] | None:
    """The schema of the reasoning; None where the trace is no arithmetic on one number."""
    if not _is_arithmetic(shown):
        return None
    (name, variable), output = next(iter(shown.variables.items())), shown.outputs[0]
    value = _exactly(_short(variable._data))
    rise = _rise(variable._data)
    trial = _short(variable._data + rise)
    lines = {_code(call, shown): _text(_line(call, shown, trial)) for call in shown.calls}
    change = _minus(_short(output._data))
    cases = [
        {
            "asked": _word(asked),
            "rehearsed": _word(f"{name} = {trial}"),
            **lines,
            f"change = {shown.names[output]}{change}": _text(_NUMBER + _exactly(change) + follows),
        }
        for asked, follows in _verdicts(name, value, _step(rise)).items()
    ]
    return {"anyOf": [object_schema(case) for case in cases]}


def _is_arithmetic(shown: Report) -> bool:
    if len(shown.variables) != 1 or len(shown.outputs) != 1 or len(shown.calls) > MOST_LINES:
        return False
    (variable,) = shown.variables.values()
    numeric = is_number(variable._data) and not is_code(variable)
    small = numeric and abs(variable._data) < LARGEST
    return small and bool(shown.calls) and all(map(_is_reckonable, shown.calls))


def _is_reckonable(call: MessageNode[Any]) -> bool:
    return bool(arithmetic(call) and working(call)) and abs(call._data) < LARGEST


def _rise(value: float) -> float:
    """How much higher the rehearsed value is."""
    half = max(0.5, abs(value) / 2)
    return max(1, round(half)) if isinstance(value, int) else half


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


def _code(call: MessageNode[Any], shown: Report) -> str:
    return statement(call, shown.names)


def _verdicts(name: str, value: str, step: str) -> dict[str, str]:
    """What follows of a change, by what is asked: the same for every trace.

    That it follows is not left to the LLM, which would let a falling output be rising if "larger"
    is asked; the sign of the change, what is asked and the step are.
    """
    above = rf"go above {value}: {name} = {value} \+ {step} = {_NUMBER}"
    below = rf"go below {value}: {name} = {value} - {step} = {_NUMBER}"
    return {
        "larger": f" = (-{_SIZE}: {below}|{_SIZE}: {above})",
        "smaller": f" = (-{_SIZE}: {above}|{_SIZE}: {below})",
        "something else": f" = {_NUMBER}: ({above}|{below})",
    }


def _step(rise: float) -> str:
    """A positive number with at most the digits of `rise` before the point."""
    further = len(str(int(rise))) - 1
    return rf"([1-9][0-9]{{0,{further}}}(\.[0-9]{{1,2}})?|0\.[0-9]?[1-9])"


def _minus(number: str) -> str:
    """Small models get "- (-2)" wrong more often than "+ 2"."""
    return f" + {number[1:]}" if number.startswith("-") else f" - {number}"


def _word(text: str) -> dict[str, Any]:
    return {"type": "string", "enum": [text]}


def _text(pattern: str) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^{pattern}$"}


def _exactly(text: str) -> str:
    """The text as a pattern: only what every engine for patterns escapes alike."""
    return re.sub(r"[()+*.?^$|\[\]{}\\]", lambda sign: "\\" + sign[0], text)


def _short(number: float) -> str:
    """Four digits are what a small model can reckon with."""
    return format(number, ".4g")
