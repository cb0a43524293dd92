"""Which optimizers fit which tasks: an optimizer's `needs` must be among the task's `provides`."""

from __future__ import annotations

from typing import Any

from trace_core._errors import UserError

from . import registry
from .suggestions import listed


def missing(task: type[Any], optimizer: type[Any]) -> frozenset[str]:
    """Return what the optimizer needs and the task does not provide."""
    return frozenset(optimizer.needs - task.provides)


def require_fit(task_name: str, task: type[Any], optimizer_name: str, optimizer: type[Any]) -> None:
    """Refuse a pair that does not fit, naming the optimizers that do."""
    if lacking := missing(task, optimizer):
        raise UserError(
            f"optimizer={optimizer_name} needs {listed(lacking)}, which task={task_name} does not "
            f"provide. These fit: {listed(fitting(task))}."
        )


def fitting(task: type[Any]) -> list[str]:
    """Return the names of the optimizers that fit a task."""
    return [
        name for name in registry.names("optimizer") if not missing(task, _class("optimizer", name))
    ]


def matrix() -> dict[str, dict[str, frozenset[str]]]:
    """Return, for each task and optimizer, what is missing; nothing where they fit."""
    optimizers = {name: _class("optimizer", name) for name in registry.names("optimizer")}
    return {
        name: {o: missing(_class("task", name), cls) for o, cls in optimizers.items()}
        for name in registry.names("task")
    }


def _class(group: str, name: str) -> type[Any]:
    return registry.load(group, str(registry.config(group, name)["kind"]))
