"""Where a function's source is, and what it is made of: by positions, never by searching text."""

from __future__ import annotations

import ast
import inspect
import io
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any
from weakref import WeakKeyDictionary

Definition = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Source:
    """A function's text, without decorators and indentation.

    Attributes:
        text: from "def" (or "lambda") to its end.
        first_line: the line of the file where the text begins.
        decorators: the expressions after the "@"s, from top to bottom.
    """

    text: str
    first_line: int
    decorators: tuple[str, ...] = ()


_found: WeakKeyDictionary[FunctionType, Source | None] = WeakKeyDictionary()


def find_source(function: Callable[..., Any]) -> Source | None:
    """The source of a function, or None where there is none: C code, `exec`, a plain console."""
    written = as_written(function)
    if written is None:
        return None
    if written not in _found:
        try:
            _found[written] = _find(written.__code__)
        except (OSError, TypeError, ValueError, SyntaxError, tokenize.TokenError):
            _found[written] = None
    return _found[written]


def source_of(function: Callable[..., Any]) -> str:
    """The function's source without decorators and indentation; "" where there is none to find."""
    found = find_source(function)
    return found.text if found else ""


def as_written(function: Callable[..., Any]) -> FunctionType | None:
    """The function under its decorators (`functools.wraps`); None if it is not Python's."""
    try:
        bare = inspect.unwrap(function)
    except ValueError:  # __wrapped__ leads in a circle
        return None
    bare = getattr(bare, "__func__", bare)
    return bare if isinstance(bare, FunctionType) else None


def header(source: str) -> str:
    """The beginning of a definition: its signature, and its docstring if it has one.

    >>> header("def f(x: int = 1) -> str: return str(x)")
    'def f(x: int = 1) -> str:'
    """
    definition = next(i for i in ast.parse(source).body if isinstance(i, Definition))
    first = definition.body[0]
    lines = source.split("\n")
    if ast.get_docstring(definition) is not None:
        end = first.end_lineno or first.lineno, _column(lines, first, end=True)
    else:
        end = _colon(source, definition)
    text = lines[definition.lineno - 1 : end[0]]
    text[-1] = text[-1][: end[1]]
    return "\n".join(text)


def _find(code: CodeType) -> Source | None:
    if code.co_name == "<lambda>":
        return _find_lambda(code)
    lines, start = inspect.getsourcelines(code)
    nested = lines[0][:1].isspace()
    tree = ast.parse("if 1:\n" * nested + "".join(lines))
    body = tree.body[0].body if nested else tree.body  # type: ignore[attr-defined]
    item = body[0]
    if not isinstance(item, Definition) or item.name != code.co_name:
        return None  # the file has changed since it was imported
    first, last = item.lineno - nested, (item.end_lineno or item.lineno) - nested
    text = _dedent(lines[first - 1 : last], item, first + nested)
    decorators = tuple(ast.unparse(each) for each in item.decorator_list)
    return Source(text, start + first - 1, decorators)


def _find_lambda(code: CodeType) -> Source | None:
    """The lambda whose body spans the code's instructions: others may stand on the same line."""
    text = "".join(inspect.findsource(code)[0])
    spans = [p for p in code.co_positions() if None not in p and p[2:] != (0, 0)]
    if not spans:
        return None
    begin = min((p[0], p[2]) for p in spans)
    end = max((p[1], p[3]) for p in spans)
    lambdas = [i for i in ast.walk(ast.parse(text)) if isinstance(i, ast.Lambda)]
    around = [i for i in lambdas if _begin(i.body) <= begin and end <= _end(i.body)]
    if not around:
        return None
    item = max(around, key=_begin)  # the innermost: the others began earlier
    return Source(ast.get_source_segment(text, item) or "", item.lineno)


def _begin(item: ast.expr) -> tuple[int, int]:
    return item.lineno, item.col_offset


def _end(item: ast.expr) -> tuple[int, int]:
    return item.end_lineno or 0, item.end_col_offset or 0


def _dedent(lines: list[str], item: Definition, first: int) -> str:
    """The lines without the indentation of "def". Text inside strings stays as it is."""
    indent = lines[0][: item.col_offset]
    docstring = item.body[0] if ast.get_docstring(item, clean=False) is not None else None
    doc = range(docstring.lineno, (docstring.end_lineno or 0) + 1) if docstring else range(0)
    fixed = {n for n in _inside_strings("".join(lines)) if n + first - 1 not in doc}
    kept = [x if n in fixed else x.removeprefix(indent) for n, x in enumerate(lines, start=1)]
    return "".join(kept).rstrip("\n")


def _inside_strings(text: str) -> set[int]:
    """Numbers of the lines that begin inside a string."""
    strings = {tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}
    several = (t for t in _tokens(text) if t.type in strings)
    return {n for t in several for n in range(t.start[0] + 1, t.end[0] + 1)}


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    return tokenize.generate_tokens(io.StringIO(text).readline)


def _colon(source: str, definition: Definition) -> tuple[int, int]:
    """The place behind the colon that ends the signature."""
    lines = source.split("\n")
    start = definition.lineno, _column(lines, definition)
    returns = definition.returns  # a lambda in it may have a colon of its own
    earliest = start if returns is None else (_end(returns)[0], _column(lines, returns, end=True))
    depth = 0
    for token in _tokens(source):
        if token.type != tokenize.OP or token.start < start:
            continue
        depth += (token.string in "([{") - (token.string in ")]}")
        if token.string == ":" and depth == 0 and token.start >= earliest:
            return token.end
    raise ValueError("a signature without an end")


def _column(lines: list[str], item: ast.expr | ast.stmt, end: bool = False) -> int:
    """Where a node begins or ends, in characters; `ast` counts the bytes of UTF-8."""
    row, column = item.lineno, item.col_offset
    if end:
        row, column = item.end_lineno or row, item.end_col_offset or column
    return len(lines[row - 1].encode()[:column].decode())
