"""All that an exported definition needs, each once and in the order of the program."""

from __future__ import annotations

import ast
import re
import symtable
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from types import ModuleType
from typing import Any

from trace_core._binding import unused
from trace_core._bundle import Bundle
from trace_core._code import gathered
from trace_core._collections import Map, Seq
from trace_core._containers import CodeContainer, NodeContainer, _trainable_methods
from trace_core._errors import UserError
from trace_core._node import Node
from trace_core._source import as_written

from . import _origin
from ._classes import with_assignments, with_call, with_learnt_methods, written_class
from ._edits import Edits
from ._learnt import instances, parameters_at
from ._literal import literal
from ._plain import DATA, Rewriter

SEQ = '''\
def Seq(*items):
    """A list of the items, or of those of the only one."""
    only = items[0] if len(items) == 1 else items
    return list(items if isinstance(only, (str, bytes, dict)) or len(items) > 1 else only)'''
HELPER = f'''\
def {DATA}(value):
    """`value.data`, if it has that; of a value that was traced, the value itself."""
    found = getattr(value, "data", value)
    return value if isinstance(found, memoryview) else found'''


@dataclass(frozen=True, slots=True)
class Part:
    """One definition without tracing."""

    module: str
    line: int
    text: str


@dataclass
class Collection:
    """Definitions on their way into one file.

    Args:
        root: the object whose parameters the exported class starts with, if there is one.
    """

    root: Any = None
    parts: dict[str, Part] = field(default_factory=dict)
    imports: set[str] = field(default_factory=set)
    _known: dict[str, Any] = field(default_factory=dict)
    _modules: dict[str, set[str]] = field(default_factory=dict)

    def text(self) -> str:
        """The definitions, ordered as in their modules; a module after those it imports."""
        try:
            order = list(TopologicalSorter(self._modules).static_order())
        except CycleError:
            order = list(reversed(self._modules))
        parts = sorted(self.parts.values(), key=lambda part: (order.index(part.module), part.line))
        return "\n\n\n".join(part.text for part in parts)

    def take(self, name: str, value: Any) -> None:
        """Take in a function, bundle or class that goes by this name, and what it needs."""
        self._known[name] = value
        if isinstance(value, type):
            self._class(name, value)
        else:
            self._function(name, value)

    def _function(self, name: str, function: Any) -> None:
        origin = _origin.of_function(function)
        text = origin.text
        if isinstance(function, Bundle) and function.rewritten and function.parameter is not None:
            edits = Edits(text)
            old = edits.tree.body[0]
            edits.replace(edits.start(old), edits.end(old), _code(function), None)
            text = edits.done()
        self._add(name, function, Rewriter(text, origin.names).plain(), origin)

    def _class(self, name: str, cls: type) -> None:
        bare = written_class(cls)
        origin = _origin.of_class(bare)
        owner = next((each for _, each in self._instances() if isinstance(each, cls)), None)
        is_root = cls is type(self.root)
        shown = self.root if isinstance(self.root, cls) else None
        text = with_learnt_methods(origin.text, bare, shown)
        rewriter = Rewriter(text, origin.names, bare, owner, is_root)
        text = with_call(rewriter.plain(), cls)
        if is_root:
            text = with_assignments(text, cls, self._assignments(rewriter.assigned, origin))
        self._add(name, cls, text, origin)

    def _add(self, name: str, value: Any, text: str, origin: _origin.Origin) -> None:
        module = _origin.module_of(value)
        home = module.__name__ if module is not None else ""
        self._put(name, home, origin.line, _renamed(text, name), origin.names)

    def _put(self, name: str, home: str, line: int, text: str, names: Mapping[str, Any]) -> None:
        self.parts[name] = Part(home, line, text)
        self._modules.setdefault(home, set())
        for needed in sorted(_free_names(text)):
            self._need(needed, names)
            other = self.parts.get(needed)
            if other is not None and other.module != home:
                self._modules[home].add(other.module)

    def _need(self, name: str, names: Mapping[str, Any]) -> None:
        if name == DATA and name not in names:
            self._put(name, "", 0, HELPER, {})
        elif name == "numpy" and name not in names:
            self.imports.add("import numpy")
        if name not in names:
            return  # a builtin; or an error, as it was when it was traced
        value = names[name]
        if name in self._known:
            if self._known[name] is not value:
                raise UserError(f"{name!r} stands for two things in what is to be exported")
            return
        self._known[name] = value
        self._define(name, value, sys.modules.get(str(names.get("__name__"))), names)

    def _define(
        self, name: str, value: Any, home: ModuleType | None, names: Mapping[str, Any]
    ) -> None:
        if value is Seq or value is Map:
            self._put(name, "", 0, SEQ if value is Seq else "Map = dict", {})
        elif isinstance(value, Bundle) or _is_copied(value, home):
            self.take(name, value)
        elif isinstance(value, Node):
            self._constant(name, value._data, home, names)
        elif not self._import(name, value, home):
            self._constant(name, value, home, names)

    def _import(self, name: str, value: Any, home: ModuleType | None) -> bool:
        """Whether an import is what the name needs."""
        loads = value if isinstance(value, ModuleType) else None
        if isinstance(value, NodeContainer):
            raise UserError(f"{name!r} is an object with nodes: make it an attribute, or export it")
        if _origin.is_ours(value) or (loads and _origin.uses_tracing(loads)):
            raise UserError(
                f"{name!r} needs trace_core, which the exported file does without. Use it outside "
                "of what you export."
            )
        statement = _origin.import_of(name, value, home)
        if statement is None or (loads is None and _origin.loads_tracing(statement)):
            return False
        self.imports.add(statement)
        return True

    def _constant(
        self, name: str, value: Any, home: ModuleType | None, names: Mapping[str, Any]
    ) -> None:
        found = _origin.assignment_of(name, home)
        module = home.__name__ if home is not None else ""
        try:
            text = f"{name} = {literal(value)}"
        except TypeError as error:
            if found is None:
                raise UserError(f"{name!r} can't be exported: {error}") from error
            text = found.text
        else:
            text = found.text if found is not None and found.gives(value) else text
        plain = Rewriter(text, names).plain()
        self._put(name, module, found.line if found else 0, plain, names)

    def _instances(self) -> list[tuple[str, Any]]:
        return instances(self.root) if self.root is not None else []

    def _assignments(self, assigned: set[str], origin: _origin.Origin) -> list[str]:
        """What the class's initialisation leaves to be set."""
        done = {f"self.{name}" for name in assigned}
        lines = [f"{place} = {value}" for place, value in parameters_at(self.root, done)]
        return [*lines, *self._methods(origin)]

    def _methods(self, origin: _origin.Origin) -> Iterator[str]:
        """Code that differs from object to object: functions of their own, put into the objects."""
        shown = {id(each) for each in _trainable_methods(type(self.root)).values()}
        for place, item in self._instances():
            for name, bundle in _trainable_methods(type(item)).items():
                own = bundle.of(item)
                written = bundle.of(self.root) if id(bundle) in shown else bundle
                if _code(own) != _code(written):
                    yield f"{place}.{name} = {self._extra(own, origin)}.__get__({place})"
            for name, own in vars(item).items():
                if isinstance(own, Bundle) and own.rewritten and origin.names.get(name) is not own:
                    yield f"{place}.{name} = {self._extra(own, origin)}"

    def _extra(self, bundle: CodeContainer, origin: _origin.Origin) -> str:
        """Take in a bundle's code under a name of its own, and give that."""
        name = unused(f"_{bundle.function.__name__}", {*self.parts, *origin.names})
        names = _origin.names_of_function(bundle)
        text = Rewriter(_renamed(_code(bundle), name), names).plain()
        self._put(name, str(names.get("__name__", "")), origin.line, text, names)
        return name


def _renamed(text: str, name: str) -> str:
    """A definition under another name."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    found = next(each for each in ast.parse(text).body if isinstance(each, kinds))
    lines = text.split("\n")
    head = lines[found.lineno - 1]
    lines[found.lineno - 1] = re.sub(
        rf"(def|class)(\s+){found.name}\b", rf"\1\2{name}", head, count=1
    )
    return "\n".join(lines)


def _code(bundle: CodeContainer) -> str:
    if bundle.parameter is None:
        return ""
    return gathered(bundle.parameter.data, bundle.function.__name__)


def _is_copied(value: Any, home: ModuleType | None) -> bool:
    """Whether a function or class is written into the file: one of the program, not a library."""
    is_function = callable(value) and as_written(value) is not None
    if not (isinstance(value, type) or is_function) or _origin.is_ours(value):
        return False
    module = _origin.module_of(value)
    return module is None or module is home or _origin.uses_tracing(module)


def _free_names(text: str) -> set[str]:
    """The names that a text uses and does not define."""
    top = symtable.symtable("from __future__ import annotations\n" + text, "export", "exec")
    found: set[str] = set()
    stack = [top]
    while stack:
        table = stack.pop()
        for symbol in table.get_symbols():
            is_free = symbol.is_global() or (table is top and not symbol.is_assigned())
            if symbol.is_referenced() and is_free:
                found.add(symbol.get_name())
        stack += table.get_children()
    defined = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported()}
    return {name for name in found - defined if not name.startswith("__")}
