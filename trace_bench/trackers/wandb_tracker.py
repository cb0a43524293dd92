"""Weights & Biases: a run for each run, in a group for each method.

Where to is wandb's own business: `WANDB_MODE=offline` writes files that `wandb sync` uploads later,
`WANDB_PROJECT` names the project.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import wandb

from trace_bench.record import RunRecord
from trace_bench.rows import Row

from .hook import Tracker, numbers, results, settings


class WandbTracker(Tracker):
    """Mirrors through wandb; steps that are there already, it leaves alone by itself."""

    def __init__(self, out: Path) -> None:
        super().__init__(out)
        self._runs: dict[str, Any] = {}

    def begin(self, record: RunRecord) -> int:
        """Open the run, or the one that is there with its id."""
        self.out.mkdir(parents=True, exist_ok=True)
        self._runs[record.id] = wandb.init(
            project=os.environ.get("WANDB_PROJECT", "trace-bench"),
            id=record.id,
            name=record.id,
            group=f"{record.task} {record.optimizer}",
            config=dict(settings(record.config)),
            tags=[record.task, record.optimizer, *(["mock"] if record.mock else [])],
            dir=str(self.out),
            resume="allow",
            reinit="create_new",
            settings=wandb.Settings(silent=True, console="off"),
        )
        return 0

    def step(self, record: RunRecord, row: Row) -> None:
        """Add the numbers of a step."""
        self._runs[record.id].log(numbers(row), step=row.iteration)

    def end(self, record: RunRecord) -> None:
        """Add what came out, and close the run."""
        run = self._runs.pop(record.id)
        run.summary.update({**results(record), "status": record.status})
        run.finish(exit_code=0 if record.status == "finished" else 1)
