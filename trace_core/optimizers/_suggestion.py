"""The LLM's reply: which form it must have, and what of it can be applied."""

from __future__ import annotations

import ast
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from trace_core._binding import CODE
from trace_core._code import arguments, check
from trace_core._labels import function_of
from trace_core._node import ParameterNode
from trace_core._source import Definition

from ._constraints import violation, whole_limits
from ._projections import Projection, project
from ._reply import PLAIN, find
from ._values import as_python, is_array, is_code, is_number, shorten

LONGEST_REASONING, LONGEST_ANSWER = 500, 300
"""Characters. Without an end small models ramble until the reply is cut off."""
MOST_LINES = 60
"""Of a code parameter."""
LONGEST_REASON = 500
"""Characters of why a value was rejected: it stands in the next prompt, and may quote the value."""
_JSON_TYPES: dict[type, dict[str, Any]] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
}


MOST_COUNTED = 64
"""Items of an array that a schema counts: servers make a grammar of it."""


class Violation(ValueError):
    """A value breaks its parameter's constraint."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What an LLM proposed.

    Attributes:
        values: new values that fit their parameters, by name.
        rejected: why others did not, by name; "reply" stands for the whole.
        reasoning: the LLM's own words.
        answer: its direct answer.
        events: what happened on the way, counted: see `docs/optimizers.md`.
    """

    values: dict[str, Any] = field(default_factory=dict)
    rejected: dict[str, str] = field(default_factory=dict)
    reasoning: Any = ""
    answer: str = ""
    events: Counter[str] = field(default_factory=Counter)


def schema(
    variables: Mapping[str, ParameterNode[Any]],
    longest_reasoning: int = LONGEST_REASONING,
    reasoning: Mapping[str, Any] | None = None,
    *,
    changed: bool = False,
) -> dict[str, Any]:
    """The JSON schema of a reply: exactly these names, each with its parameter's type.

    Code is a list of its lines. Whole numbers stay in their `Interval`.

    Args:
        variables: what may be changed.
        longest_reasoning: characters.
        reasoning: the form of the reasoning, if it has another than text.
        changed: whether a value must differ from the present one, and be near it. A schema that
            servers keep can say that of whole numbers, so it does where all variables are.
    """
    types = {name: _parameter_type(p) for name, p in variables.items()}
    suggestion = object_schema(types)
    if changed and variables and all(type(p._data) is int for p in variables.values()):
        others = [{**types, name: other} for name, p in variables.items() if (other := _other(p))]
        if others:
            suggestion = {"anyOf": [object_schema(each) for each in others]}
    if reasoning:
        return object_schema({"reasoning": reasoning, "suggestion": suggestion})
    text = {"type": "string", "maxLength": longest_reasoning}
    answer = {"type": "string", "maxLength": LONGEST_ANSWER}
    return object_schema({"reasoning": text, "answer": answer, "suggestion": suggestion})


def parse(
    text: str,
    variables: Mapping[str, ParameterNode[Any]],
    projections: Sequence[Projection] = (),
) -> Suggestion:
    """Read a reply. Never raises: what can't be used is in `rejected`."""
    reply = find(text)
    if reply is None:
        return _unusable("it holds no JSON object")
    proposed = reply.object.get("suggestion")
    if not isinstance(proposed, dict):
        return _unusable('it has no object "suggestion"')
    reasoning, answer = reply.object.get("reasoning", ""), reply.object.get("answer", "")
    found = Suggestion(reasoning=reasoning, answer=str(answer))
    if reply.how != PLAIN:
        found.events[reply.how] += 1
    if not proposed:
        found.events["empty"] += 1
    aliases = _aliases(variables)
    for key, value in proposed.items():
        given = str(key)
        _take(found, aliases.get(given, given), value, variables, projections)
    return found


def merged(found: Mapping[str, Suggestion]) -> Suggestion:
    """Several replies as one, the reasoning and what was rejected by what was asked about."""
    values = {name: value for each in found.values() for name, value in each.values.items()}
    rejected = {
        key: "; ".join(why if name == key else f"{name}: {why}" for name, why in told.items())
        for key, each in found.items()
        if (told := each.rejected)
    }
    reasoning = {key: each.reasoning for key, each in found.items()}
    events = sum((each.events for each in found.values()), Counter[str]())
    return Suggestion(values, rejected, reasoning, "", events)


def _unusable(reason: str) -> Suggestion:
    return Suggestion(rejected={"reply": reason}, events=Counter({"unusable_reply": 1}))


def _take(
    found: Suggestion,
    name: str,
    value: Any,
    variables: Mapping[str, ParameterNode[Any]],
    projections: Sequence[Projection],
) -> None:
    """Put one proposed value among the values, or its reason among the rejected."""
    if name not in variables:
        found.rejected[name] = "there is no such variable"
        found.events["rejected_name"] += 1
        return
    parameter = variables[name]
    try:
        projected = project(value, parameter, projections)
        if broken := violation(parameter.constraint, fit := convert(projected, parameter)):
            raise Violation(broken)
    except (TypeError, ValueError, SyntaxError, ArithmeticError) as error:
        found.rejected[name] = shorten(str(error), LONGEST_REASON)
        found.events[_kind(error, parameter)] += 1
    else:
        found.values[name] = fit
        if projected is not value:
            found.events["projected"] += 1


def _kind(error: Exception, parameter: ParameterNode[Any]) -> str:
    if isinstance(error, Violation):
        return "rejected_constraint"
    return "rejected_code" if is_code(parameter) else "rejected_type"


def _aliases(variables: Mapping[str, ParameterNode[Any]]) -> dict[str, str]:
    """What names mean; among them the nodes' own, as in the published library's prompts."""
    code = [name for name, p in variables.items() if is_code(p)]
    ordered = {f"{CODE}{k}": name for k, name in enumerate(code)}
    own = {p.py_name: name for name, p in variables.items()}
    return {**ordered, **own, **{name: name for name in variables}}


def convert(value: Any, parameter: ParameterNode[Any]) -> Any:
    """`value` in the parameter's type.

    Raises:
        TypeError, ValueError, SyntaxError, ArithmeticError: it can't be one; the message says why.
    """
    if is_code(parameter):
        return _code(value, parameter._data, function_of(parameter) or "")
    return like(value, parameter._data)


def like(value: Any, old: Any) -> Any:
    """`value` in the type of `old`, which is no code."""
    plain = as_python(old)
    if plain is not old:
        return _narrowed(like(value, plain), old)
    if isinstance(old, bool):
        return _boolean(value)
    if isinstance(old, float) and is_number(value):
        return _finite(float(value), old)
    if isinstance(old, int) and isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and not isinstance(old, str):
        return like(_literal(value, old), old)
    if is_array(old) and (isinstance(value, list) if old.shape else is_number(value)):
        return _array(value, old)
    if type(old) is dict and type(value) is dict:
        return _pairs(value, old)
    if isinstance(old, (list, tuple)) and isinstance(value, (list, tuple)):
        return _items(value, old)
    return value if type(value) is type(old) else _refuse(value, old)


def _items(values: Sequence[Any], old: Any) -> Any:
    """A list or tuple as the old one was, each item in the type of the old one in its place.

    Of a list of another length, items are like the first one; if these had several types, they are
    taken as they are. Whole numbers beside others are floats.
    """
    common = _common(old)
    same_length = len(values) == len(old) and not isinstance(common, float)
    patterns = old if same_length else [common] * len(values)
    pairs = zip(values, patterns, strict=True)
    fits = [value if pattern is None else like(value, pattern) for value, pattern in pairs]
    return type(old)(*fits) if hasattr(old, "_fields") else type(old)(fits)


def _pairs(values: dict[Any, Any], old: dict[Any, Any]) -> dict[Any, Any]:
    """A dict of the old one's keys, or of any if it has none; values in the types of its own.

    As in lists, what belongs to None is taken as it is.
    """
    if old and values.keys() != old.keys():
        raise ValueError(f"it takes the keys {list(old)}, not {list(values)}")
    patterns = old or dict.fromkeys(values)
    return {
        key: values[key] if pattern is None else like(values[key], pattern)
        for key, pattern in patterns.items()
    }


def _common(items: Sequence[Any]) -> Any:
    """An item that all items are like; None if there is none."""
    kinds = {type(item) for item in items}
    if len(kinds) == 1:
        return items[0]
    return 0.0 if kinds == {int, float} else None


def _finite(value: float, old: float) -> float:
    if math.isfinite(old) and not math.isfinite(value):
        raise ValueError(f"it takes a finite number, not {value}")
    return value


def _narrowed(value: Any, old: Any) -> Any:
    """A Python value as a number of NumPy's, which may have less room."""
    import numpy as np

    with np.errstate(over="ignore"):
        narrow = type(old)(value)
    return _finite(narrow, old) if isinstance(value, float) else narrow


def _code(value: Any, old: str, name: str) -> str:
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        value = "\n".join(value)
    if not isinstance(value, str):
        _refuse(value, old)
    wrong = check(value, name)
    if wrong:
        raise SyntaxError(wrong)
    for kind, told in (("take the arguments", arguments), ("keep the defaults", _defaults)):
        after = told(str(value), name)
        try:
            before = told(old, name)
        except (SyntaxError, ValueError):  # what is broken now may be mended
            before = after
        if after != before:
            raise SyntaxError(f"it must {kind} {before}, not {after}")
    return str(value)


def _defaults(source: str, name: str) -> str:
    """A function's defaults as text, "(k=3)": in a run, those of the original fill its calls."""
    functions = [item for item in ast.parse(source).body if isinstance(item, Definition)]
    named = [item.args for item in functions if item.name == name]
    if not named:
        raise ValueError(f"no function {name!r}")
    given = named[-1]
    positional = [*given.posonlyargs, *given.args]
    optional = positional[len(positional) - len(given.defaults) :] + given.kwonlyargs
    pairs = zip(optional, [*given.defaults, *given.kw_defaults], strict=True)
    return f"({', '.join(f'{a.arg}={ast.unparse(value)}' for a, value in pairs if value)})"


def _array(value: Any, old: Any) -> Any:
    import numpy as np

    try:
        with np.errstate(over="ignore"):
            array = np.asarray(value, dtype=old.dtype)
    except (TypeError, ValueError, OverflowError):
        form = f"numbers in lists of the shape {old.shape}" if old.shape else "a number"
        raise TypeError(f"it takes {form}") from None
    if array.shape != old.shape:
        raise ValueError(f"it takes the shape {old.shape}, not {array.shape}")
    if old.dtype.kind not in "biuf" or old.dtype.itemsize > 8:  # Python has no such numbers
        return array
    items = zip(np.array(value, dtype=object).ravel(), old.ravel(), strict=True)
    return np.array([like(*pair) for pair in items], dtype=old.dtype).reshape(old.shape)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    words = {"true": True, "false": False}
    if isinstance(value, str) and value.strip().lower() in words:
        return words[value.strip().lower()]
    raise TypeError(f"{value!r} is neither true nor false")


def _literal(text: str, old: Any) -> Any:
    """A Python literal that is no text; the error's own words hold addresses, so not those."""
    try:
        value = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return _refuse(text, old)
    return _refuse(text, old) if isinstance(value, str) else value


def _refuse(value: Any, old: Any) -> Any:
    raise TypeError(f"it takes a {type(old).__name__}, not {value!r}")


def object_schema(properties: Mapping[str, Any]) -> dict[str, Any]:
    """An object with exactly these properties, in this order."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _parameter_type(parameter: ParameterNode[Any]) -> dict[str, Any]:
    """Code is asked for line by line: small models get the escapes of one long text wrong."""
    if is_code(parameter):
        return {"type": "array", "items": {"type": "string"}, "maxItems": MOST_LINES}
    if type(parameter._data) is int:
        return _whole_number(*whole_limits(parameter.constraint))
    return _json_type(parameter._data)


def _other(parameter: ParameterNode[int]) -> dict[str, Any] | None:
    """Any other whole number that is allowed and no farther away than the value's size, or 10.

    Who is about to repeat 15 would write 150 else. None if there is no other.
    """
    value, (low, high) = parameter._data, whole_limits(parameter.constraint)
    size = max(abs(value), 10)
    below = max(low, value - size), min(high, value - 1)
    above = max(low, value + 1), min(high, value + size)
    sides = [_whole_number(*limits) for limits in (below, above) if limits[0] <= limits[1]]
    return {"anyOf": sides} if sides else None


def _whole_number(low: float = -math.inf, high: float = math.inf) -> dict[str, Any]:
    limits = {"minimum": low, "maximum": high}
    return {"type": "integer", **{k: v for k, v in limits.items() if math.isfinite(v)}}


def _nested(shape: Sequence[int], items: Sequence[Any]) -> dict[str, Any]:
    """Lists in lists, as many as an array has in each direction."""
    if not shape:
        return _json_type(_common(items))
    size, *rest = shape
    form = {"type": "array", "items": _nested(rest, items)}
    return form | ({"minItems": size, "maxItems": size} if size <= MOST_COUNTED else {})


def _json_type(value: Any) -> dict[str, Any]:
    if is_array(value):
        return _nested(value.shape, value.ravel().tolist())
    value = as_python(value)
    if isinstance(value, (list, tuple)):
        return {"type": "array", "items": _json_type(_common(value))}
    # what JSON has no type for is asked for as text, and read as a Python literal
    return _JSON_TYPES.get(type(value), {"type": "string"})
