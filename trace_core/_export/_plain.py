"""Traced Python becomes plain Python: what tracing added is taken out, all else is left alone."""

from __future__ import annotations

import ast
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trace_core._bundle import Bundle, bundle
from trace_core._containers import NodeContainer, bundle_in
from trace_core._errors import UserError
from trace_core._make_node import node
from trace_core._model import model
from trace_core._node import Node
from trace_core._source import Definition

from ._edits import Edits
from ._learnt import learnt_value

DATA = "_data"
"""The helper that stands for `.data` where it can't be known whether that was a node's."""
_SAFE = (ast.Assign, ast.AnnAssign, ast.Return, ast.Call, ast.keyword, ast.List, ast.Dict)
"""Where an expression needs no parentheses."""
_TIGHT = (ast.Constant, ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.List, ast.Dict)
"""Expressions that never need any."""
_METHODS = {
    "eq": ("(", " == (", "))"),
    "neq": ("(", " != (", "))"),
    "getattr": ("getattr(", ", ", ")"),
    "len": ("len(", "", ")"),
    "call": ("", "", ""),
    "clone": ("", "", ""),
}
"""Methods of nodes, and what stands before, between and after the operands; empty for none."""
_ONLY_OURS = ("call", "getattr", "len", "neq")


@dataclass
class Rewriter(ast.NodeVisitor):
    """Rewrites one definition.

    Args:
        text: the definition, without indentation.
        names: what its names stand for.
        cls: the class that is defined, or whose method is; None for a function.
        owner: an instance of the class, whose parameters are the learnt ones.
        is_root: the learnt values belong into the class itself, for there is one instance.

    Attributes:
        assigned: attributes whose learnt value stands in the text now.
    """

    text: str
    names: Mapping[str, Any]
    cls: type | None = None
    owner: Any = None
    is_root: bool = False
    assigned: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.edits = Edits(self.text)
        self._parent = {c: p for p in ast.walk(self.edits.tree) for c in ast.iter_child_nodes(p)}
        self._raw: list[set[str]] = [set()]  # arguments that never were nodes
        self._first: list[str] = ["self"] if self.cls is not None else []

    def plain(self) -> str:
        """The definition without tracing.

        Raises:
            UserError: it does something with nodes that plain Python has no counterpart for.
        """
        self.visit(self.edits.tree)
        return self.edits.done()

    def visit_ClassDef(self, item: ast.ClassDef) -> None:
        """Drop decorators and bases of ours."""
        self._drop_decorators(item)
        kept = [base for base in item.bases if not _is_ours(self.resolve(base))]
        if len(kept) < len(item.bases):
            parts: list[ast.expr | ast.keyword] = [*kept, *item.keywords]
            inside = [self.edits.segment(each) for each in parts]
            start = self.edits.text.index("(", self.edits.start(item))
            last = max(self.edits.end(each) for each in [*item.bases, *parts])
            end = self.edits.text.index(")", last)
            self.edits.replace(start, end + 1, f"({', '.join(inside)})" if inside else "", item)
        for part in [*kept, *item.keywords, *item.body]:
            self.visit(part)

    def visit_FunctionDef(self, item: Definition) -> None:
        """Drop decorators of ours; note which arguments a bundle gets as plain values."""
        self._drop_decorators(item)
        arguments = [each.arg for each in ast.walk(item.args) if isinstance(each, ast.arg)]
        inner = bundle_in(vars(self.cls).get(item.name)) if self.cls else self.names.get(item.name)
        is_raw = isinstance(inner, Bundle) and not inner.traceable
        self._raw.append(set(arguments) if is_raw else self._raw[-1] - set(arguments))
        if self.cls is not None and arguments:
            self._first.append(arguments[0])
        for part in ast.iter_child_nodes(item):
            if part not in item.decorator_list:
                self.visit(part)
        self._raw.pop()
        if self.cls is not None and arguments:
            self._first.pop()

    def visit_AsyncFunctionDef(self, item: ast.AsyncFunctionDef) -> None:
        """The same for coroutines."""
        self.visit_FunctionDef(item)

    def visit_Assign(self, item: ast.Assign) -> None:
        """Where an instance's attribute is made of parameters, write what they have learnt."""
        target = item.targets[0]
        if isinstance(target, ast.Name) and isinstance(self._parent[item], ast.ClassDef):
            value = learnt_value(vars(self.cls).get(target.id)) if self.cls else None
            if value is not None:
                start, end = self.edits.start(item.value), self.edits.end(item.value)
                self.edits.replace(start, end, value, item)
                return
        if self.is_root and isinstance(target, ast.Attribute) and self._is_own(target.value):
            name = target.attr
            value = learnt_value(vars(self.owner).get(name))
            if value is not None and self._in_init(item) and self._makes_nodes(item.value):
                start, end = self.edits.start(item.value), self.edits.end(item.value)
                self.edits.replace(start, end, value, item)
                self.assigned.add(name)
                return
        self.generic_visit(item)

    def visit_Call(self, item: ast.Call) -> None:
        """`node(x, …)` is x; so is `bundle(x)`, and `bundle(…)(x)`."""
        maker = self.resolve(item.func)
        inner = self.resolve(item.func.func) if isinstance(item.func, ast.Call) else None
        if maker is node or maker is bundle or maker is model or inner is bundle:
            self._only_argument(item)
            return
        if isinstance(item.func, ast.Attribute) and item.func.attr in _METHODS:
            self._method_of_nodes(item, item.func)
        self.generic_visit(item)

    def visit_AugAssign(self, item: ast.AugAssign) -> None:
        """`x += y` makes a new node, where it would change a list."""
        if self._was_node(item.target) or self._is_named_node(item.target):
            target, place = self.edits.segment(item.target), self.edits.end(item.target)
            sign = self.edits.text.index("=", place)
            operator = self.edits.text[place:sign].strip()
            new = f" = {target} {operator}"
            self.edits.replace(place, sign + 1, new, None)
            if not isinstance(item.value, _TIGHT):
                self.edits.insert(self.edits.start(item.value), "(")
                self.edits.insert(self.edits.end(item.value), ")")
        self.generic_visit(item)

    def visit_Attribute(self, item: ast.Attribute) -> None:
        """`x.data` is x, if x was a node."""
        self.generic_visit(item)
        if item.attr != "data" or not isinstance(item.ctx, ast.Load):
            return
        was_node = self._was_node(item.value)
        if was_node is False:
            return
        end = self.edits.end(item)
        dot = self.edits.text.rindex(".", self.edits.end(item.value), end)
        statement = self._statement(item)
        if was_node:
            self.edits.replace(dot, end, "", statement)
        else:
            self.edits.insert(self.edits.start(item), f"{DATA}(")
            self.edits.replace(dot, end, ")", statement)

    def resolve(self, item: ast.expr) -> Any:
        """What a name, or a name in a module, stands for; None if that is not known."""
        if isinstance(item, ast.Name):
            return self.names.get(item.id)
        if isinstance(item, ast.Attribute):
            return getattr(self.resolve(item.value), item.attr, None)
        return None

    def _was_node(self, item: ast.expr) -> bool | None:
        """Whether an expression gave a node when it was traced; None if we can't tell."""
        if isinstance(item, ast.Call):
            known = self.resolve(item.func)
            if isinstance(item.func, ast.Attribute) and self._is_own(item.func.value):
                known = bundle_in(getattr(self.cls, item.func.attr, None))
            return True if isinstance(known, Bundle) or known is node else None
        if isinstance(item, ast.Name) and item.id in self._raw[-1]:
            return False
        parts: list[str] = []
        root = item
        while isinstance(root, ast.Attribute):
            parts, root = [root.attr, *parts], root.value
        if not (isinstance(root, ast.Name) and parts and root.id in self._first):
            return True if isinstance(self.resolve(item), Node) else None
        found = self.owner
        for part in parts:
            found = getattr(found, part, None)
        return None if found is None else isinstance(found, Node)

    def _is_named_node(self, item: ast.expr) -> bool:
        """Whether it is a variable that an assignment in the same definition makes a node."""
        if not isinstance(item, ast.Name) or item.id in self._raw[-1]:
            return False
        made = [
            target.id
            for each in ast.walk(self.edits.tree)
            if isinstance(each, ast.Assign) and self._was_node(each.value)
            for target in each.targets
            if isinstance(target, ast.Name)
        ]
        return item.id in made

    def _method_of_nodes(self, item: ast.Call, method: ast.Attribute) -> None:
        """What only nodes have as a method is a function or operator of plain values."""
        was_node = self._was_node(method.value) or self._is_named_node(method.value)
        before, between, after = _METHODS[method.attr]
        if not was_node:  # `eq` and `clone` may be other objects' own
            if self._was_node(method.value) is None and method.attr in _ONLY_OURS:
                raise UserError(f"line {item.lineno}: {ast.unparse(item)} can't be exported")
            return
        if not before or item.keywords or len(item.args) != bool(between):
            raise UserError(f"line {item.lineno}: {ast.unparse(item)} can't be exported")
        self.edits.insert(self.edits.start(item), before)
        start = self.edits.end(method.value)
        if item.args:
            self.edits.replace(start, self.edits.start(item.args[0]), between, None)
            start = self.edits.end(item.args[0])
        self.edits.replace(start, self.edits.end(item), after, None)

    def _is_own(self, item: ast.expr) -> bool:
        """Whether it is the instance, or the instance as one of its base class."""
        if isinstance(item, ast.Call) and isinstance(item.func, ast.Name):
            return item.func.id == "super"
        return isinstance(item, ast.Name) and item.id in self._first

    def _in_init(self, item: ast.stmt) -> bool:
        above: Any = item
        while not isinstance(above, Definition):
            above = self._parent[above]
        return above.name in ("__init__", "__post_init__")

    def _makes_nodes(self, item: ast.expr) -> bool:
        calls = (each for each in ast.walk(item) if isinstance(each, ast.Call))
        return any(self.resolve(each.func) is node for each in calls)

    def _statement(self, item: ast.AST) -> ast.stmt:
        while not isinstance(item, ast.stmt):
            item = self._parent[item]
        return item

    def _drop_decorators(self, item: Definition | ast.ClassDef) -> None:
        for each in item.decorator_list:
            maker = self.resolve(each.func if isinstance(each, ast.Call) else each)
            is_partial = isinstance(maker, functools.partial) and maker.func is Bundle
            if maker is bundle or maker is model or is_partial:
                start = self.edits.line(each.lineno)
                end = self.edits.line((each.end_lineno or each.lineno) + 1)
                self.edits.replace(start, end, "", item)
            else:
                self.visit(each)

    def _only_argument(self, item: ast.Call) -> None:
        inner = item.args[0] if item.args else None
        inner = inner or next((k.value for k in item.keywords if k.arg == "value"), None)
        if inner is None or isinstance(inner, ast.Starred):
            raise UserError(f"line {item.lineno}: {ast.unparse(item)} can't be exported")
        text, statement = self.edits.segment(inner), self._statement(item)
        loose = not isinstance(self._parent[item], _SAFE) and not isinstance(inner, _TIGHT)
        left, right = "()" if loose or _breaks(text) else ("", "")
        self.edits.replace(self.edits.start(item), self.edits.start(inner), left, statement)
        self.edits.replace(self.edits.end(inner), self.edits.end(item), right, statement)
        self.visit(inner)


def _breaks(text: str) -> bool:
    """Whether an expression of several lines needs parentheses to hold it together."""
    return "\n" in text and text[0] not in "([{" and '"""' not in text and "'''" not in text


def _is_ours(item: Any) -> bool:
    base = isinstance(item, type) and issubclass(item, NodeContainer)
    return base and item.__module__.split(".")[0] == "trace_core"
