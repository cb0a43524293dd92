"""Code parameters: checked, compiled, run among the names that the original function saw."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import CodeType, MappingProxyType
from typing import Any

from ._source import Definition, as_written, find_source


@lru_cache(maxsize=256)
def check(source: str, name: str) -> str | None:
    """What is wrong with `source` as a new version of the function `name`, or None."""
    try:
        _function(source, name)
        compiled(source, name)
    except SyntaxError as error:
        line = (error.text or "").strip()
        return f"{error.msg}, line {error.lineno}: {line}"
    except ValueError as error:
        return str(error)
    except (RecursionError, MemoryError):
        return "the code is nested too deeply"
    return None


def only_function(source: str) -> str:
    """The name of the one function that `source` defines.

    Raises:
        ValueError: there is not just one.
    """
    functions = _functions(source)
    if len(functions) != 1:
        raise ValueError(f"the code must define one function, not {len(functions)}")
    return functions[0].name


def gathered(source: str, name: str) -> str:
    """The function alone, with what stood around it (imports, helper functions) moved into it."""
    tree = ast.parse(source)
    if len(tree.body) == 1:
        return source
    function = _function(source, name)
    others = [item for item in tree.body if getattr(item, "name", None) != name]
    start = int(ast.get_docstring(function) is not None)
    function.body[start:start] = others
    return ast.unparse(function)


def arguments(source: str, name: str) -> str:
    """The arguments of the function as text, "(self, x, *, y)", without defaults and types."""
    given = _function(source, name).args
    bare = ast.arguments(
        posonlyargs=[ast.arg(a.arg) for a in given.posonlyargs],
        args=[ast.arg(a.arg) for a in given.args],
        vararg=given.vararg and ast.arg(given.vararg.arg),
        kwonlyargs=[ast.arg(a.arg) for a in given.kwonlyargs],
        kw_defaults=[],
        kwarg=given.kwarg and ast.arg(given.kwarg.arg),
        defaults=[],
    )
    return f"({ast.unparse(bare)})"


@lru_cache(maxsize=256)
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


def namespace_of(
    function: Callable[..., Any], around: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Any]:
    """What the function sees now: its module's globals and the variables it closes over.

    Args:
        function: a function, which may be decorated.
        around: other variables of where it was defined.
    """
    written = as_written(function)
    if written is None:
        return dict(around)
    seen = {**written.__globals__, **around}
    for name, cell in zip(written.__code__.co_freevars, written.__closure__ or (), strict=True):
        try:
            seen[name] = cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    return seen


def error_line(error: BaseException, filename: str, lines: range | None = None) -> int | None:
    """The deepest line of a file, or of a part of it, that the error passed through."""
    line, trace = None, error.__traceback__
    while trace is not None:
        here = trace.tb_frame.f_code.co_filename == filename
        if here and (lines is None or trace.tb_lineno in lines):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def written_line(error: BaseException, function: Callable[..., Any]) -> int | None:
    """The line of a function's `source_of` in which the error arose, counted from 1."""
    written, found = as_written(function), find_source(function)
    if written is None or found is None:
        return None
    end = found.first_line + len(found.text.split("\n"))
    lines = range(found.first_line, end)
    line = error_line(error, written.__code__.co_filename, lines)
    return line and line - found.first_line + 1


@lru_cache(maxsize=256)
def is_async(source: str, name: str) -> bool:
    """True for an "async def"."""
    return isinstance(_function(source, name), ast.AsyncFunctionDef)


def _function(source: str, name: str) -> Definition:
    """The function of that name, which may have helper functions beside it."""
    functions = _functions(source)
    named = [item for item in functions if item.name == name]
    if not named:
        instead = "".join(f", not {item.name!r}" for item in functions)
        raise ValueError(f"the code must define the function {name!r}{instead}")
    return named[-1]


def _functions(source: str) -> list[Definition]:
    return [item for item in ast.parse(source).body if isinstance(item, Definition)]
