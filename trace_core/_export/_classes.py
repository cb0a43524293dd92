"""The text of a class with what its parameters have learnt."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import is_dataclass
from typing import Any

from trace_core._bundle import Bundle
from trace_core._code import gathered
from trace_core._containers import bundle_in
from trace_core._errors import UserError
from trace_core._module import Module
from trace_core._source import Definition, indented

from ._edits import Edits
from ._origin import is_ours

CALL = """
    def __call__(self, *args, **keywords):
        return self.forward(*args, **keywords)"""


def written_class(cls: type) -> type:
    """The class under `@model`."""
    base = cls.__mro__[1]
    same = (base.__qualname__, base.__module__) == (cls.__qualname__, cls.__module__)
    return base if same and cls.__bases__[1:] == (Module,) else cls


def with_learnt_methods(text: str, cls: type, owner: Any) -> str:
    """The class's text with the code that its trainable methods have in `owner`."""
    edits = Edits(text)
    for item in _class_in(edits).body:
        bundle = bundle_in(vars(cls).get(item.name)) if isinstance(item, Definition) else None
        if isinstance(bundle, Bundle) and bundle.trainable:
            own = bundle if owner is None else bundle.of(owner)
            if own.rewritten and own.parameter is not None:
                code = gathered(own.parameter.data, own.__name__)
                code = indented(code, " " * item.col_offset).lstrip()
                edits.replace(edits.start(item), edits.end(item), code, None)
    return edits.done()


def with_call(text: str, cls: type) -> str:
    """The text with the `__call__` that the class had from `Module`, if it is to be used."""
    is_first = any(is_ours(base) for base in cls.__bases__)
    inherits = cls.__call__ is Module.__call__ if issubclass(cls, Module) else False
    return text + "\n" + CALL if is_first and inherits else text


def with_assignments(text: str, cls: type, lines: Sequence[str]) -> str:
    """The text with statements at the end of the class's initialisation.

    Args:
        text: the class's text.
        cls: the class.
        lines: statements that call the instance `self`.

    Raises:
        UserError: the initialisation may return before its end.
    """
    if not lines:
        return text
    edits = Edits(text)
    name = "__post_init__" if is_dataclass(cls) else "__init__"
    for item in _class_in(edits).body:
        if isinstance(item, ast.FunctionDef) and item.name == name:
            if any(isinstance(each, ast.Return) for each in _own_statements(item)):
                raise UserError(f"{cls.__name__}.{name} returns early, so it can't be exported")
            me, first = item.args.args[0].arg, item.body[0]
            indent = " " * first.col_offset
            before = edits.text[edits.line(first.lineno) : edits.start(first)].rstrip()
            if before:  # a body on the line of its def
                indent = " " * (item.col_offset + 4)
                start = edits.line(first.lineno) + len(before)
                edits.replace(start, edits.start(first), f"\n{indent}", None)
            end = edits.line((item.end_lineno or item.lineno) + 1)
            ours = [indent + me + line.removeprefix("self") + "\n" for line in lines]
            edits.insert(end, "".join(ours))
            return edits.done().rstrip("\n")
    return f"{text}\n\n" + _new_initialisation(cls, name, lines)


def _new_initialisation(cls: type, name: str, lines: Iterable[str]) -> str:
    inherited = hasattr(super(written_class(cls), cls), name)
    if name == "__init__":
        head = ["def __init__(self, *args, **keywords):", "    super().__init__(*args, **keywords)"]
    else:
        head = ["def __post_init__(self):", *["    super().__post_init__()"] * inherited]
    return "\n".join(f"    {line}" for line in [*head, *(f"    {line}" for line in lines)])


def _class_in(edits: Edits) -> ast.ClassDef:
    return next(each for each in edits.tree.body if isinstance(each, ast.ClassDef))


def _own_statements(function: ast.FunctionDef) -> Iterable[ast.AST]:
    """What is in a function, but not in those inside it."""
    stack: list[ast.AST] = list(function.body)
    while stack:
        item = stack.pop()
        yield item
        if not isinstance(
            item, (*[ast.FunctionDef, ast.AsyncFunctionDef], ast.Lambda, ast.ClassDef)
        ):
            stack += ast.iter_child_nodes(item)
