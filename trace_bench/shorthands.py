"""Words of a task that stand for several values of a setting: each is a run of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from . import registry


def spelled_out(config: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield a config for each value that a shorthand in the task's settings stands for.

    Raises:
        UserError: the task cannot be loaded.
    """
    task = config["task"]
    shorthands = registry.load("task", str(task.get("kind"))).shorthands
    for key, words in shorthands.items():
        said = task.get(key)
        if isinstance(said, str) and said in words:
            yield from ({**config, "task": {**task, key: value}} for value in words[said])
            return
    yield config
