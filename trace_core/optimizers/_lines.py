"""A line of the report's #Code: what an operation did, and the numbers it did it with."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from trace_core._node import ExceptionNode, MessageNode, Node

from ._values import is_number, show

_PLAIN = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.Subscript)
LONGEST_NUMBER = 14
"""Characters; longer ones are not worked out beside the line."""


def statement(node: MessageNode[Any], names: Mapping[Node[Any], str]) -> str:
    """The operation as an assignment: "add0 = x0 + c0", "blend0 = blend(a=add0, b=x0)"."""
    given = {key: names[parent] for key, parent in node.inputs.items()}
    if form := _expression(node):
        return f"{names[node]} = {_filled(form, given)}"
    arguments = ", ".join(f"{key}={name}" for key, name in given.items())
    return f"{names[node]} = {node.operator.name}({arguments})"


def says_itself(node: MessageNode[Any]) -> bool:
    """Whether its statement is an expression, which no documentation has to explain."""
    return bool(_expression(node))


def working(node: MessageNode[Any]) -> str | None:
    """The statement in numbers, "-1.0 + 3.0 = 2.0"; None where not all are numbers."""
    form = _expression(node)
    values = [node._data, *(parent._data for parent in node._parents)]
    if not form or not is_number(node._data) or not all(map(is_number, values)):
        return None
    texts = {key: show(parent._data) for key, parent in node.inputs.items()}
    if max(map(len, (show(node._data), *texts.values()))) > LONGEST_NUMBER:
        return None
    first = re.match(r"\w+", form)
    behind = {k: v if first and k == first[0] else bracketed(v) for k, v in texts.items()}
    return f"{_filled(form, behind)} = {show(node._data)}"


def arithmetic(node: MessageNode[Any]) -> tuple[str, str, str] | None:
    """Left input, sign and right input of a sum, difference, product or quotient."""
    form = _expression(node)
    found = re.fullmatch(r"(\w+) ([-+*/]) (\w+)", form) if form else None
    return (found[1], found[2], found[3]) if found else None


def bracketed(number: str) -> str:
    """A number as it stands behind an operator."""
    return f"({number})" if number.startswith("-") else number


def _expression(node: MessageNode[Any]) -> str:
    if isinstance(node, ExceptionNode) or node.operator.function is not None:
        return ""
    return _as_expression(node.operator.text, tuple(node.inputs))


@lru_cache(maxsize=512)
def _as_expression(text: str, arguments: tuple[str, ...]) -> str:
    """The operator's description if that is one Python operation on all of its arguments."""
    try:
        body = ast.parse(text, mode="eval").body
    except SyntaxError:
        return ""
    names = sorted(each.id for each in ast.walk(body) if isinstance(each, ast.Name))
    simple = isinstance(body, _PLAIN) and names == sorted(arguments)
    return text if simple else ""


def _filled(form: str, given: dict[str, str]) -> str:
    return re.sub(r"\w+", lambda word: given.get(word[0], word[0]), form)
