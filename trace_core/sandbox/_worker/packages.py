"""Which imports the code may make, and where those outside the standard library are."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Collection, Mapping
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_import = builtins.__import__


class Finder:
    """Finds the packages that the host named, without looking through folders."""

    def __init__(self, places: Mapping[str, str]) -> None:
        self.places = places

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """The spec of a top-level package, or None."""
        place = self.places.get(name)
        if place is None:
            return None
        from importlib.util import spec_from_file_location

        folder, _, file = place.rpartition("/")
        inner = [folder] if file == "__init__.py" else None
        return spec_from_file_location(name, place, submodule_search_locations=inner)


def install(places: Mapping[str, str]) -> None:
    """Make the named packages importable."""
    if places:
        sys.meta_path.append(Finder(places))


def guarded(allowed: Collection[str]) -> dict[str, Any]:
    """The builtins that the code sees: Python's own, with an `import` that refuses the others."""

    def guard(
        name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0
    ) -> ModuleType:
        if level or not permits(allowed, name):
            raise ImportError(refusal(allowed, name))
        return _import(name, globals, locals, fromlist, level)

    return {**vars(builtins), "__import__": guard}


def permits(allowed: Collection[str], name: str) -> bool:
    """True if a module or a package around it is allowed."""
    parts = name.split(".")
    return any(".".join(parts[:length]) in allowed for length in range(1, len(parts) + 1))


def refusal(allowed: Collection[str], name: str) -> str:
    """What is said about an import that is not allowed."""
    return f"the import of {name!r} is not allowed here; allowed are {', '.join(sorted(allowed))}"
