"""Which tasks, optimizers, LLMs and executors there are, without a central list.

A *name* is a file `conf/GROUP/NAME.yaml`; its `kind` names the module that implements it, and that
module's one public concrete class is the implementation. A third-party package registers a class
as an entry point in `trace_bench.tasks`, `.optimizers` or `.executors`: the entry point's name is
then both name and kind, and the class's own defaults are the config. Ours win if names collide.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from importlib import metadata, resources
from types import ModuleType
from typing import Any

from trace_core import UserError

from .suggestions import did_you_mean, listed

MODULES: Mapping[str, tuple[str, ...]] = {
    "task": ("trace_bench.tasks.{}",),
    "optimizer": ("trace_bench.baselines.{}", "trace_core.optimizers._{}"),
    "executor": ("trace_bench.executors.{}",),
}
"""Where the module of a kind may be."""
GROUPS = ("task", "optimizer", "llm", "sandbox", "executor")
RESERVED = frozenset({"name", "kind", "description"})
"""Keys of a config file that are not settings."""


def names(group: str) -> list[str]:
    """Return every name that `GROUP=NAME` accepts."""
    return sorted({*_files(group), *plugins(group)})


def plural(group: str) -> str:
    """Return the name of a group as `trace-bench list` takes it."""
    return f"{group}es" if group.endswith("x") else f"{group}s"


def check_name(group: str, name: str) -> None:
    """Raise a `UserError` that says what was probably meant, unless there is such a name."""
    known = names(group)
    if name not in known:
        hint = did_you_mean(name, known)
        if group == "llm" and not hint:
            hint = f" For a model of that name: llm=openai llm.model={name}."
        raise UserError(
            f"There is no {group} {name!r}.{hint} `trace-bench list {plural(group)}` shows all."
        )


def config(group: str, name: str) -> dict[str, Any]:
    """Return the config of a name as it stands in its file, or a plugin's defaults."""
    return _file_config(group, name) if name in _files(group) else _plugin_config(group, name)


def load(group: str, kind: str) -> type[Any]:
    """Return the class that implements a kind.

    Raises:
        UserError: there is none, or a package that it needs is not installed.
    """
    try:
        return _load(group, kind)
    except ImportError as error:
        raise UserError(
            f"The {group} {kind!r} needs a package that is not here ({error}): "
            "pip install 'trace-bench[all]'"
        ) from error
    except AttributeError as error:  # an entry point that names nothing
        raise UserError(f"The {group} {kind!r} cannot be loaded: {error}.") from error


def usable(group: str, among: Iterable[str] | None = None) -> dict[str, type[Any]]:
    """Return the class of every name that can be loaded; `trace-bench doctor` names the others."""
    found = {}
    for name in names(group) if among is None else among:
        with suppress(UserError):
            found[name] = load(group, str(config(group, name)["kind"]))
    return found


def distribution(group: str, kind: str) -> dict[str, str]:
    """Return name and version of the third-party package that implements a kind; else nothing."""
    dist = plugins(group)[kind].dist if kind in plugins(group) else None
    return {dist.name: dist.version} if dist else {}


def _file_config(group: str, name: str) -> dict[str, Any]:
    import yaml

    found: dict[str, Any] = yaml.safe_load(_files(group)[name].read_text(encoding="utf-8")) or {}
    parents = [parent for parent in found.pop("defaults", []) if parent != "_self_"]
    inherited = [_file_config(group, parent) for parent in parents]
    return {key: value for part in (*inherited, found) for key, value in part.items()}


@cache
def plugins(group: str) -> dict[str, metadata.EntryPoint]:
    """Return what other packages registered, by name."""
    if group not in MODULES:
        return {}
    found = metadata.entry_points(group=f"trace_bench.{group}s")
    return {point.name: point for point in found if point.name not in _files(group)}


@cache
def _files(group: str) -> dict[str, Any]:
    folder = resources.files("trace_bench.conf") / group
    if not folder.is_dir():
        return {}
    return {f.name.removesuffix(".yaml"): f for f in folder.iterdir() if f.name.endswith(".yaml")}


def _load(group: str, kind: str) -> type[Any]:
    if group == "sandbox":
        from trace_core.sandbox import Limits

        return Limits
    if group == "llm":
        from trace_core.llm import LLM_KINDS, llm_class

        from .llms import CHOOSERS

        if kind in CHOOSERS:
            return CHOOSERS[kind]
        if kind in LLM_KINDS:
            return llm_class(kind)
        raise UserError(f"No class implements the llm kind {kind!r}: {listed(LLM_KINDS)} exist.")
    for pattern in MODULES[group]:
        if importlib.util.find_spec(pattern.format(kind)):
            return _public_class(group, importlib.import_module(pattern.format(kind)))
    if kind in plugins(group):
        return plugins(group)[kind].load()  # type: ignore[no-any-return]
    raise UserError(f"No module implements the {group} kind {kind!r}.")


def _public_class(group: str, module: ModuleType) -> type[Any]:
    """Return the one concrete Task, Optimizer or Executor that `module` defines."""
    found = [
        thing
        for name, thing in vars(module).items()
        if isinstance(thing, type)
        and issubclass(thing, base_class(group))
        and not name.startswith("_")
        and thing.__module__.startswith(module.__name__)
        and not inspect.isabstract(thing)
    ]
    if len(found) != 1:
        raise TypeError(f"{module.__name__} must define one public {group}, not {found}")
    return found[0]


def base_class(group: str) -> type[Any]:
    """Return the abstract class of a group that has one."""
    if group == "task":
        from trace_core.opto import Task

        return Task
    if group == "executor":
        from .executors import Executor

        return Executor
    from trace_core.optimizers import Optimizer

    return Optimizer


def _plugin_config(group: str, name: str) -> dict[str, Any]:
    from .settings import defaults

    cls = load(group, name)
    summary = (inspect.getdoc(cls) or "").partition("\n")[0]
    return {"name": name, "kind": name, "description": summary, **defaults(cls)}
