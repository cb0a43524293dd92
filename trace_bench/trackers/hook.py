"""The hook: what a tracker must do, and which there are."""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from trace_bench.record import RunRecord
from trace_bench.rows import Row
from trace_bench.suggestions import did_you_mean, listed
from trace_core import UserError

GROUP = "trace_bench.trackers"
OURS: Mapping[str, str] = {
    "mlflow": "mlflow_tracker:MLflowTracker",
    "tensorboard": "tensorboard_tracker:TensorBoardTracker",
    "wandb": "wandb_tracker:WandbTracker",
}


class Tracker(ABC):
    """Is told of each run from its begin to its end, and of each step once."""

    def __init__(self, out: Path) -> None:
        """Prepare.

        Args:
            out: a folder for what is kept on this machine.
        """
        self.out = out

    @abstractmethod
    def begin(self, record: RunRecord) -> int:
        """Open a run; return how many of its steps are there from an earlier time."""

    @abstractmethod
    def step(self, record: RunRecord, row: Row) -> None:
        """Add a step."""

    @abstractmethod
    def end(self, record: RunRecord) -> None:
        """Close a run, whatever its status."""


def load(name: str, out: Path) -> Tracker:
    """Return a tracker by name.

    Raises:
        UserError: there is none, or its package is not installed.
    """
    points = {point.name: point for point in metadata.entry_points(group=GROUP)}
    known = {*OURS, *points}
    if name not in known:
        hint = did_you_mean(name, known)
        raise UserError(f"There is no tracker {name!r}.{hint} There are: {listed(known)}.")
    try:
        cls = _ours(name) if name in OURS else points[name].load()
        tracker: Tracker = cls(out)
    except ImportError as error:
        raise UserError(
            f"The tracker {name} needs a package that is not here ({error}): "
            f"pip install 'trace-bench[{name}]'"
        ) from error
    return tracker


def numbers(row: Row) -> dict[str, float]:
    """Return the finite numbers of a step by name, as trackers show them."""
    use = row.llm
    found: dict[str, float | None] = {
        "score": row.score,
        **{f"metrics/{name}": value for name, value in row.metrics.items()},
        "llm/calls": use.calls,
        "llm/prompt_tokens": use.prompt_tokens,
        "llm/completion_tokens": use.completion_tokens,
        "llm/usd": use.usd,
        "seconds": row.seconds,
    }
    return {k: float(v) for k, v in found.items() if v is not None and abs(v) < float("inf")}


def results(record: RunRecord) -> dict[str, float]:
    """Return the finite numbers that a run ended with, by name."""
    made = record.metrics
    found = {"final": made.final, "best": made.best, "calibrated": made.calibrated}
    return {k: float(v) for k, v in found.items() if v is not None and abs(v) < float("inf")}


def settings(config: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield a config flat: ("optimizer.lr", 0.1)."""
    for key, value in config.items():
        if isinstance(value, Mapping):
            yield from ((f"{key}.{name}", item) for name, item in value.items())
        else:
            yield key, value


def _ours(name: str) -> type[Tracker]:
    module, _, cls = OURS[name].partition(":")
    found: type[Tracker] = getattr(importlib.import_module(f"{__package__}.{module}"), cls)
    return found
