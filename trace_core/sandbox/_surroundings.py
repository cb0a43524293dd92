"""What a program sees besides its arguments: the names that the original's source mentions.

A person wrote that source, so naming something there declares it. Of what these names stand for,
data crosses as it is at the call, an allowed module is imported in the worker, a plain function
crosses as source with the names it mentions in turn, and what is marked `on_host` is called on the
host. What a new version mentions beyond that is allowed modules, under the names that the original
could have used. The rest stays where it is: code that uses it gets a NameError that says so.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import FunctionType, MappingProxyType, ModuleType
from typing import Any

from trace_core._nested import ATOMS
from trace_core._source import as_written, source_of

from ._access import is_on_host
from ._program import Program
from ._worker.packages import permits

_ABSENT = object()
NOTHING: Mapping[str, Any] = MappingProxyType({})
Function = Callable[..., Any]


@dataclass(slots=True)
class Surroundings:
    """Names by what becomes of them.

    Attributes:
        data: arguments of `look_up` for names that are looked up at each call.
        modules: alias to module.
        helpers: by name, the sources of plain functions, and imports from allowed modules.
        absent: why a name is not available.
        draws: whether random numbers may be drawn.
    """

    data: dict[str, tuple[Function, str, Mapping[str, Any]]] = field(default_factory=dict)
    modules: dict[str, str] = field(default_factory=dict)
    helpers: dict[str, str] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    draws: bool = False

    def scope(self) -> dict[str, Any]:
        """The data and the functions of the host, as they are now."""
        found = {name: look_up(*seen) for name, seen in self.data.items()}
        return {name: value for name, value in found.items() if value is not _ABSENT}

    def leave_out(self, name: str, why: str) -> None:
        """Make a name unavailable."""
        for known in (self.data, self.modules, self.helpers):
            known.pop(name, None)
        self.absent[name] = why


def surroundings(program: Program, imports: frozenset[str]) -> Surroundings:
    """What the program sees if these imports are allowed; found out once."""
    if imports not in program.known:
        program.known[imports] = _sorted(program, imports)
    found: Surroundings = program.known[imports]
    return found


def _sorted(program: Program, imports: frozenset[str]) -> Surroundings:
    """Sort what the original mentions, and the plain functions among that, and the new source."""
    found = Surroundings()
    waiting, around = [program.original], program.around
    seen: dict[str, Any] = {}
    while waiting:
        function = waiting.pop()
        for name in names_in(source_of(function)):
            place = (function, name, around if function is program.original else NOTHING)
            value = look_up(*place)
            if name == program.name or value is _ABSENT:
                continue
            if name not in seen:
                seen[name] = value
                waiting += _declared(found, place, imports)
            elif not _is_same(value, seen[name]):
                found.leave_out(
                    name, "which stands for different things in the functions that use it"
                )
    for name in names_in(program.source):
        value = look_up(program.original, name, around)
        if name not in seen and value is not _ABSENT and not _imported(found, name, value, imports):
            found.absent[name] = "which the function as a person wrote it does not mention"
    texts = (program.source, *found.helpers.values(), *found.modules.values())
    found.draws = any("random" in text for text in texts)
    return found


def _declared(
    found: Surroundings, place: tuple[Function, str, Mapping[str, Any]], imports: frozenset[str]
) -> list[Function]:
    """Sort one name; return the helper that it stands for, if it does."""
    value, name = look_up(*place), place[1]
    if is_on_host(value):
        found.data[name] = place
    elif isinstance(value, FunctionType) and source_of(value).startswith("def "):
        if as_written(value) is not value:
            found.absent[name] = "which is decorated, and not marked on_host"
            return []
        found.helpers[name] = re.sub(r"\Adef\s+\w+", f"def {name}", source_of(value))
        return [value]
    elif not _imported(found, name, value, imports):
        if isinstance(value, ModuleType):
            found.absent[name] = f"since {value.__name__!r} is not among the allowed imports"
        elif callable(value):
            found.absent[name] = f"a {type(value).__name__} that is not marked on_host"
        else:
            found.data[name] = place
    return []


def _imported(found: Surroundings, name: str, value: Any, imports: frozenset[str]) -> bool:
    """Let the worker import an allowed module, or what an allowed module calls so, by itself."""
    if isinstance(value, ModuleType):
        if permits(imports, value.__name__):
            found.modules[name] = value.__name__
            return True
        return False
    home, own = getattr(value, "__module__", None), getattr(value, "__name__", None)
    if not (callable(value) and isinstance(home, str) and isinstance(own, str)):
        return False
    if not permits(imports, home) or getattr(sys.modules.get(home), own, None) is not value:
        return False
    found.helpers[name] = f"from {home} import {own} as {name}"
    return True


def names_in(source: str) -> Iterator[str]:
    """The names that a source reads, attributes and the module's own aside, in order."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return iter(())
    read = [item.id for item in ast.walk(tree) if isinstance(item, ast.Name)]
    return iter(name for name in dict.fromkeys(read) if not name.startswith("__"))


def _is_same(one: Any, other: Any) -> bool:
    same_type = type(one) is type(other) and type(one) in ATOMS
    return one is other or (same_type and bool(one == other))


def look_up(function: Function, name: str, around: Mapping[str, Any] = NOTHING) -> Any:
    """What a name means in a function: a variable around it, or a global."""
    function = as_written(function) or function
    code, cells = getattr(function, "__code__", None), getattr(function, "__closure__", None)
    if code is not None and cells and name in code.co_freevars:
        try:
            return cells[code.co_freevars.index(name)].cell_contents
        except ValueError:  # not assigned yet
            return _ABSENT
    if name in around:
        return around[name]
    return getattr(function, "__globals__", {}).get(name, _ABSENT)
