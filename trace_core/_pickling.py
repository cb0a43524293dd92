"""Bundles in pickles: by name, as functions are; an object's own copies with their code."""

from __future__ import annotations

import pickle
import sys
from importlib import import_module
from inspect import getattr_static
from typing import Any

from ._containers import CodeContainer, bundle_in
from ._node import ParameterNode


def find(module: str, name: str) -> CodeContainer:
    """The bundle of that qualified name.

    Raises:
        UnpicklingError: there is none.
    """
    item: Any = import_module(module)
    for part in name.split("."):
        item = getattr_static(item, part, None)
    bundle = bundle_in(item)
    if bundle is None:
        raise pickle.UnpicklingError(f"there is no bundle {module}.{name}")
    return bundle


def copy_of(origin: Any, parameter: ParameterNode[str]) -> CodeContainer:
    """A copy of a trainable bundle with a code parameter of its own."""
    twin: CodeContainer = origin.twin(parameter)
    return twin


def reduce(bundle: CodeContainer) -> tuple[Any, ...]:
    """How to make the bundle again: what `__reduce__` returns.

    Raises:
        PicklingError: it can't be found by name.
    """
    module = sys.modules.get(bundle.function.__module__)
    name = getattr(bundle.function, "__qualname__", "")
    for candidate in (name, *(k for k, v in vars(module).items() if v is bundle)):
        try:
            found = find(bundle.function.__module__, candidate)
        except (ImportError, pickle.UnpicklingError):
            continue
        if found is bundle:
            return find, (bundle.function.__module__, candidate)
        if found.function is bundle.function and bundle.parameter is not None:
            return copy_of, (found, bundle.parameter)
    raise pickle.PicklingError(
        f"the bundle {name!r} can't be pickled, for it is not found under its name in "
        f"{bundle.function.__module__}: define it at the top of a module, or in a class there"
    )
