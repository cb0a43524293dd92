"""Which optimizers fit which tasks: an optimizer's `needs` must be among the task's `provides`."""

from __future__ import annotations

from typing import Any

from trace_core import UserError
from trace_core.opto import BOUNDS, NUMBERS

from . import registry
from .suggestions import listed


def missing(task: type[Any], optimizer: type[Any]) -> frozenset[str]:
    """Return what the optimizer needs and the task does not provide."""
    implied = {NUMBERS} if BOUNDS in task.provides else set()
    return frozenset(optimizer.needs - task.provides - implied)


def require_fit(task_name: str, task: type[Any], optimizer_name: str, optimizer: type[Any]) -> None:
    """Refuse a pair that does not fit, naming the optimizers that do."""
    if lacking := missing(task, optimizer):
        raise UserError(
            f"optimizer={optimizer_name} needs {listed(lacking)}, which task={task_name} does not "
            f"provide. These fit: {listed(fitting(task))}."
        )


def fitting(task: type[Any]) -> list[str]:
    """Return the names of the optimizers that fit a task."""
    return [name for name, cls in registry.usable("optimizer").items() if not missing(task, cls)]


def matrix() -> dict[str, dict[str, frozenset[str]]]:
    """Return, for each task and optimizer, what is missing; nothing where they fit."""
    optimizers = registry.usable("optimizer")
    return {
        name: {o: missing(task, cls) for o, cls in optimizers.items()}
        for name, task in registry.usable("task").items()
    }
