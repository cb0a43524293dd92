"""Where a definition comes from: its text in the file, and the imports of its module."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import FunctionType, ModuleType
from typing import Any

from trace_core._bundle import Bundle
from trace_core._code import namespace_of
from trace_core._containers import bundle_in
from trace_core._errors import UserError
from trace_core._source import as_written, dedented, find_source


@dataclass(frozen=True, slots=True)
class Origin:
    """A definition as it was written.

    Attributes:
        text: without indentation, decorators included.
        line: of its file.
        names: what the names in it stand for.
    """

    text: str
    line: int
    names: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Assignment:
    """A statement "name = …", the line of its module, and its right side."""

    text: str
    line: int
    right: ast.expr

    def gives(self, value: Any) -> bool:
        """Whether it still makes that value."""
        try:
            written = ast.literal_eval(self.right)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return False
        return type(written) is type(value) and repr(written) == repr(value)


def of_function(function: Callable[..., Any]) -> Origin:
    """The origin of a function, or of a bundle's.

    Raises:
        UserError: its source was not found.
    """
    bare = function.function if isinstance(function, Bundle) else function
    found = find_source(bare)
    name = getattr(bare, "__qualname__", repr(bare))
    if found is None:
        raise UserError(f"{name} can't be exported, for its source was not found")
    above = "".join(f"@{each}\n" for each in found.decorators)
    if not found.text.startswith(("def ", "async ")):
        raise UserError(f"{name} can't be exported: make it a def")
    return Origin(above + found.text, found.first_line, names_of_function(function))


def names_of_function(function: Any) -> dict[str, Any]:
    """What the names in a function or bundle stand for, those of its newer code included."""
    if isinstance(function, Bundle):
        return namespace_of(function.function, function.around)
    return namespace_of(function)


def of_class(cls: type) -> Origin:
    """The origin of a class.

    Raises:
        UserError: its source was not found.
    """
    methods = list(_methods(cls))
    try:
        lines, _ = inspect.findsource(methods[0].__code__ if methods else cls)
        tree = ast.parse("".join(lines))
    except (OSError, TypeError, SyntaxError) as error:
        raise UserError(f"{cls.__qualname__} can't be exported: {error}") from error
    inside = methods[0].__code__.co_firstlineno if methods else 0
    for item in ast.walk(tree):
        if isinstance(item, ast.ClassDef) and item.name == cls.__name__:
            first = min([item.lineno, *(each.lineno for each in item.decorator_list)])
            last = item.end_lineno or item.lineno
            if not inside or first <= inside <= last:
                text = dedented(lines[first - 1 : last], item, first)
                return Origin(text, first, _names_of(cls, methods))
    raise UserError(f"{cls.__qualname__} can't be exported, for its source was not found")


def import_of(name: str, value: Any, module: ModuleType | None) -> str | None:
    """The statement that imports `name` in its module, or would; None if it is defined there."""
    for item in _imports(_text(module)):
        for alias in item.names:
            if (alias.asname or alias.name.split(".")[0]) == name:
                return ast.unparse(_absolute(item, alias, module))
    if isinstance(value, ModuleType):
        return f"import {value.__name__} as {name}"
    home = getattr(value, "__module__", None)
    known = isinstance(value, (type, FunctionType)) or inspect.isbuiltin(value)
    if known and home and module is not None and home != module.__name__:
        return f"from {home} import {value.__name__} as {name}"
    return None


def assignment_of(name: str, module: ModuleType | None) -> Assignment | None:
    """The statement "name = …" of a module; None unless there is just one."""
    text = _text(module)
    found = []
    for item in ast.parse(text).body:
        if not isinstance(item, (ast.Assign, ast.AnnAssign)) or item.value is None:
            continue
        targets = item.targets if isinstance(item, ast.Assign) else [item.target]
        if any(isinstance(each, ast.Name) and each.id == name for each in targets):
            lines = text.split("\n")[item.lineno - 1 : item.end_lineno]
            found.append(Assignment("\n".join(lines), item.lineno, item.value))
    return found[0] if len(found) == 1 else None


def uses_tracing(module: ModuleType | None) -> bool:
    """Whether a module would load trace_core."""
    values = list(vars(module).values()) if module is not None else []
    return any(is_ours(each) for each in values)


def loads_tracing(statement: str) -> bool:
    """Whether importing so from a module would load trace_core."""
    item = ast.parse(statement).body[0]
    return isinstance(item, ast.ImportFrom) and uses_tracing(sys.modules.get(item.module or ""))


def is_ours(item: Any) -> bool:
    """Whether something is part of trace_core."""
    name = item.__name__ if isinstance(item, ModuleType) else getattr(item, "__module__", "")
    return str(name).split(".")[0] == "trace_core"


def module_of(item: Any) -> ModuleType | None:
    """The module that something was defined in."""
    item = item.function if isinstance(item, Bundle) else item
    return sys.modules.get(str(getattr(item, "__module__", "")))


def _methods(cls: type) -> Iterator[FunctionType]:
    for item in vars(cls).values():
        inner = bundle_in(item)
        function = as_written(inner.function if inner is not None else item)
        if (
            function is not None
            and function.__qualname__ == f"{cls.__qualname__}.{function.__name__}"
        ):
            yield function


def _names_of(cls: type, methods: list[FunctionType]) -> dict[str, Any]:
    module = sys.modules.get(cls.__module__)
    names = dict(vars(module)) if module is not None else {}
    for method in methods:
        names |= namespace_of(method)
    names.pop("__class__", None)
    return names


@lru_cache(maxsize=64)
def _imports(text: str) -> list[ast.Import | ast.ImportFrom]:
    nodes = ast.walk(ast.parse(text))
    return [each for each in nodes if isinstance(each, (ast.Import, ast.ImportFrom))]


def _absolute(
    item: ast.Import | ast.ImportFrom, alias: ast.alias, module: ModuleType | None
) -> ast.stmt:
    if isinstance(item, ast.Import):
        return ast.Import([alias])
    parts = str(getattr(module, "__package__", "") or "").split(".")
    above = parts[: len(parts) - item.level + 1] if item.level else []
    return ast.ImportFrom(".".join([*above, *filter(None, [item.module])]), [alias], 0)


def _text(module: ModuleType | None) -> str:
    try:
        return inspect.getsource(module) if module is not None else ""
    except (OSError, TypeError):
        return ""
