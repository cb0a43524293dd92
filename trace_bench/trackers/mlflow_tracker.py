"""MLflow: a run for each run, in an experiment for each task.

Where to is MLflow's own business: `MLFLOW_TRACKING_URI`, or a database file below the folder.
"""

from __future__ import annotations

import os
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag

from trace_bench.record import RunRecord
from trace_bench.rows import Row

from .hook import Tracker, numbers, results, settings

RUN, STEPS = "trace_bench.run", "trace_bench.steps"
"""Tags: which run this mirrors, and how many of its steps are there."""
LONGEST_PARAMETER = 500
ENDS = {"finished": "FINISHED", "failed": "FAILED"}


class MLflowTracker(Tracker):
    """Mirrors through MLflow's client; a run that is there already is gone on with."""

    def __init__(self, out: Path) -> None:
        super().__init__(out)
        if not os.environ.get("MLFLOW_TRACKING_URI"):
            out.mkdir(parents=True, exist_ok=True)
        uri = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{out.absolute() / 'mlflow.db'}"
        self._client = MlflowClient(tracking_uri=uri)
        self._ids: dict[str, str] = {}
        self._steps: dict[str, int] = {}

    def begin(self, record: RunRecord) -> int:
        """Find the run by its tag, or create it with its configuration."""
        experiment = self._experiment(f"trace-bench {record.task}")
        found = self._client.search_runs([experiment], f"tags.`{RUN}` = '{record.id}'")
        if found:
            self._ids[record.id] = found[0].info.run_id
            self._steps[record.id] = int(found[0].data.tags.get(STEPS, 0))
            return self._steps[record.id]
        tags = {RUN: record.id, "mock": str(record.mock), "llm": str(record.llm)}
        made = self._client.create_run(experiment, run_name=record.id, tags=tags)
        self._ids[record.id], self._steps[record.id] = made.info.run_id, 0
        given = [Param(k, str(v)[:LONGEST_PARAMETER]) for k, v in settings(record.config)]
        self._client.log_batch(made.info.run_id, params=given)
        return 0

    def step(self, record: RunRecord, row: Row) -> None:
        """Add the numbers of a step, and that it is there, in one stroke."""
        self._steps[record.id] = row.iteration + 1
        metrics = [Metric(k, v, 0, row.iteration) for k, v in numbers(row).items()]
        there = RunTag(STEPS, str(self._steps[record.id]))
        self._client.log_batch(self._ids[record.id], metrics=metrics, tags=[there])

    def end(self, record: RunRecord) -> None:
        """Add what came out, and close the run."""
        run = self._ids.pop(record.id)
        found = results(record).items()
        metrics = [Metric(f"result/{k}", v, 0, record.ledger.iterations) for k, v in found]
        self._client.log_batch(run, metrics=metrics)
        self._client.set_terminated(run, ENDS.get(record.status, "KILLED"))

    def _experiment(self, name: str) -> str:
        found = self._client.get_experiment_by_name(name)
        return str(found.experiment_id if found else self._client.create_experiment(name))
