"""`trace-bench list`: what there is to choose from, without importing any of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from trace_core import UserError

from . import registry
from .registry import RESERVED

if TYPE_CHECKING:
    from rich.table import Table

HINTS = {
    "task": "task=NAME chooses one, task.KEY=VALUE sets a value",
    "optimizer": "optimizer=NAME chooses one, optimizer.KEY=VALUE sets a value",
    "llm": "llm=NAME chooses one, llm.KEY=VALUE sets a value; only LLM optimizers ask it",
    "sandbox": "sandbox=NAME chooses one, sandbox.KEY=VALUE sets a limit; for code that LLMs wrote",
    "executor": "executor=NAME chooses one, executor.KEY=VALUE sets a value; see docs/clusters.md",
    "experiment": "experiment=NAME runs all of its sweeps",
}


def entries(group: str) -> list[dict[str, Any]]:
    """Return name, description and settings (with their defaults) of everything in a group."""
    return [_entry(group, name) for name in registry.names(group)]


def _entry(group: str, name: str) -> dict[str, Any]:
    try:
        config = registry.config(group, name)
    except UserError as error:
        return {"name": name, "description": str(error), "settings": {}}
    settings = {key: value for key, value in config.items() if key not in RESERVED}
    return {"name": name, "description": config.get("description", ""), "settings": settings}


def table(group: str) -> Table:
    """Return the entries as a table."""
    from rich.table import Table

    found = Table(
        title=f"{registry.plural(group)}: {HINTS[group]}", title_justify="left", show_lines=True
    )
    found.add_column("name", style="bold", no_wrap=True)
    found.add_column("what it is", ratio=1)
    found.add_column("sweeps" if group == "experiment" else "settings", ratio=1)
    for entry in entries(group):
        show = _sweeps if group == "experiment" else _settings
        found.add_row(entry["name"], entry["description"], show(entry["settings"]))
    return found


def _sweeps(settings: dict[str, Any]) -> str:
    lines = [" ".join(sweep) for sweep in settings.get("sweeps", [])]
    return "\n".join(lines) or "none: `trace-bench reproduce` measures"


def _settings(settings: dict[str, Any]) -> str:
    return "\n".join(f"{key}={_short(value)}" for key, value in settings.items())


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def matrix_table(matrix: dict[str, dict[str, frozenset[str]]]) -> Table:
    """Return which tasks each optimizer fits, and what the others do not provide."""
    from rich.table import Table

    found = Table(title="optimizers, and the tasks that they fit", title_justify="left")
    found.add_column("optimizer", style="bold")
    found.add_column("fits", ratio=1)
    found.add_column("lacks", ratio=1)
    for optimizer in next(iter(matrix.values()), {}):
        fits: dict[frozenset[str], list[str]] = {}
        for task, row in matrix.items():
            fits.setdefault(row[optimizer], []).append(task)
        fitting = fits.pop(frozenset(), [])
        lacks = [f"{', '.join(sorted(what))}: {', '.join(names)}" for what, names in fits.items()]
        found.add_row(optimizer, ", ".join(fitting) if lacks else "all", "\n".join(lacks))
    return found
