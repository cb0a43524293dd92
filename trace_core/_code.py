"""The source of functions: found, freed of decorators, checked, compiled."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import CodeType
from typing import Any


@lru_cache(maxsize=1024)
def source_of(function: Callable[..., Any]) -> str:
    """The function's source without decorators and indentation; "" where there is none to find."""
    try:
        text = textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        return ""
    try:
        tree = ast.parse(text)
    except SyntaxError:  # a lambda in the middle of an expression that goes on elsewhere
        return text.strip() if "lambda" in text else ""
    for item in ast.walk(tree):
        if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return "\n".join(text.splitlines()[item.lineno - 1 : item.end_lineno])
        if isinstance(item, ast.Lambda):
            return ast.get_source_segment(text, item) or ""
    return ""


def signature_line(source: str) -> str:
    """The line (or lines) "def name(arguments):" of a function's source."""
    function = _function(source)
    lines = source.splitlines()[function.lineno - 1 : function.body[0].lineno]
    head = "\n".join(lines) if len(lines) == 1 else "\n".join(lines[:-1])
    end = head.rfind(":") if len(lines) > 1 else _colon(head, function)
    return head[: end + 1].strip()


def check(source: str, name: str) -> str | None:
    """What is wrong with `source` as a new version of the function `name`, or None."""
    try:
        function = _function(source)
    except SyntaxError as error:
        line = (error.text or "").strip()
        return f"{error.msg}, line {error.lineno}: {line}"
    except ValueError as error:
        return str(error)
    if function.name != name:
        return f"the code must define the function {name!r}, not {function.name!r}"
    return None


def function_name(source: str) -> str:
    """The name of the function that `source` defines."""
    return _function(source).name


def compiled(source: str, name: str) -> CodeType:
    """Compile a code parameter under a file name of its own, so that errors can be located."""
    return compile(source, filename_of(name), "exec")


def filename_of(name: str) -> str:
    """The file name under which a code parameter's frames are found in tracebacks."""
    return f"<code of {name}>"


def define(source: str, name: str, namespace: Mapping[str, Any]) -> Callable[..., Any]:
    """Execute `source` in a copy of `namespace`, in this process, and return the function.

    Raises:
        SyntaxError, or whatever running the definition raises.
    """
    scope = dict(namespace)
    exec(compiled(source, name), scope)
    function: Callable[..., Any] = scope[name]
    return function


def namespace_of(function: Callable[..., Any]) -> dict[str, Any]:
    """What the function sees: its module's globals and the variables it closes over."""
    closure = inspect.getclosurevars(function).nonlocals if hasattr(function, "__code__") else {}
    return {**getattr(function, "__globals__", {}), **closure}


def error_line(error: BaseException, filename: str) -> int | None:
    """The deepest line of `filename` that the error passed through, there or in a sandbox."""
    line: int | None = getattr(error, "code_line", None)
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == filename:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def written_line(error: BaseException, function: Callable[..., Any]) -> int | None:
    """The line of a function's `source_of` in which the error arose, counted from 1."""
    code = getattr(function, "__code__", None)
    line, trace = None, error.__traceback__
    while trace is not None and code is not None:
        if trace.tb_frame.f_code is code:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line and line - _first_line(function) + 1


def _first_line(function: Callable[..., Any]) -> int:
    """The line of the file where `source_of` begins: that of "def", after the decorators."""
    lines, start = inspect.getsourcelines(function)
    return start + next((i for i, x in enumerate(lines) if "def " in x.split("#")[0]), 0)


def _function(source: str) -> ast.FunctionDef | ast.AsyncFunctionDef:
    functions = [
        item
        for item in ast.parse(source).body
        if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    if len(functions) != 1:
        raise ValueError(f"the code must define one function, not {len(functions)}")
    return functions[0]


def _colon(line: str, function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = function.body[0]
    return (
        line.rfind(":", 0, body.col_offset) if body.lineno == function.lineno else line.rfind(":")
    )
