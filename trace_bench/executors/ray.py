"""A Ray cluster: an existing one, or one on this machine."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Annotated, Any

from annotated_types import Ge, Gt

from trace_bench.attempt import job as do
from trace_bench.job import Ended, write_job
from trace_bench.plan import Run
from trace_bench.stopping import let_children_hear
from trace_core import UserError

from ._base import Job, Lane
from .auto import is_cpu_bound
from .processes import cores

WAITING_CPUS = 0.1
"""What a run needs that waits for its LLM most of the time."""


class Ray(Lane):
    """A Ray task a run.

    Args:
        address: of an existing cluster, "auto" for the one that this machine is part of; None
            starts one here, for the time of the sweep.
        cpus: cores that one started here may use; None is all of this process.
        cpus_per_run: None is 1 for runs that compute and 0.1 for those that wait for an LLM.
        memory_gb: that a run needs; None leaves it open.
        resources: further ones of the cluster's that a run needs, by name.
        at_once: runs handed to Ray at the same time.
    """

    def __init__(
        self,
        *,
        address: str | None = None,
        cpus: Annotated[int, Ge(1)] | None = None,
        cpus_per_run: Annotated[float, Gt(0)] | None = None,
        memory_gb: Annotated[float, Gt(0)] | None = None,
        resources: Mapping[str, float] | None = None,
        at_once: Annotated[int, Ge(1)] = 1000,
    ) -> None:
        self.slots = at_once
        self._address, self._cpus = address, cpus or cores()
        self._cpus_per_run = cpus_per_run
        self._needs: dict[str, Any] = {"resources": dict(resources or {})}
        if memory_gb is not None:
            self._needs["memory"] = int(memory_gb * 2**30)
        self._ray: Any = None
        self._under_way: list[Any] = []

    def explain(self, runs: Sequence[Run]) -> str:
        """How many tasks, and where."""
        where = "a Ray cluster" if self._address else f"Ray on this machine, {self._cpus} cores"
        return f"{len(runs)} runs as tasks of {where}"

    def submit(self, jobs: Sequence[Job]) -> list[Future[Ended]]:
        """Hand the jobs to Ray.

        Raises:
            UserError: there is no such cluster.
        """
        self._connect()
        return [self._submitted(job) for job in jobs]

    def stop(self) -> None:
        """Interrupt the runs."""
        self._cancel(force=False)

    def kill(self) -> None:
        """Kill the processes that drive them."""
        self._cancel(force=True)

    def close(self) -> None:
        """Leave the cluster, or end it if it was started here."""
        if self._ray:
            self._ray.shutdown()
            self._ray = None

    def _submitted(self, job: Job) -> Future[Ended]:
        write_job(job.run, job.folder)
        cpus = self._cpus_per_run or (1 if is_cpu_bound(job.run) else WAITING_CPUS)
        # What is tried again is decided by the sweep.
        task = self._ray.remote(max_retries=0, num_cpus=cpus, **self._needs)(do)
        task_under_way = task.remote(job.path)
        self._under_way.append(task_under_way)
        promised: Future[Ended] = Future()
        task_under_way.future().add_done_callback(lambda future: _keep(promised, future))
        return promised

    def _cancel(self, *, force: bool) -> None:
        for task in self._under_way:
            with contextlib.suppress(Exception):  # it has ended, or Ray has
                self._ray.cancel(task, force=force)

    def _connect(self) -> None:
        if self._ray:
            return
        let_children_hear()
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        if self._address is None:  # otherwise it writes a token into the home folder
            os.environ.setdefault("RAY_AUTH_MODE", "disabled")
        try:
            import ray
        except ImportError as error:
            raise UserError("Ray is not installed: pip install 'trace-bench[ray]'") from error
        own: dict[str, Any] = {"num_cpus": self._cpus, "include_dashboard": False}
        told: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
        try:
            ray.init(address=self._address, **(told if self._address else told | own))
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise UserError(
                f"There is no Ray cluster at {self._address or 'this machine'} "
                f"({_first_line(error)}): start one with `ray start --head`, or leave "
                "executor.address out."
            ) from error
        self._ray = ray


def _keep(promised: Future[Ended], future: Future[Ended]) -> None:
    """Turn what Ray says into how the attempt ended."""
    from ray.exceptions import TaskCancelledError

    error = future.exception()
    if error is None:
        promised.set_result(future.result())
    elif isinstance(error, TaskCancelledError):
        promised.set_result(Ended("stopped"))
    else:
        said = f"{type(error).__name__}: {_first_line(error)}"
        promised.set_result(Ended("died", f"Ray lost its task ({said})"))


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [""])[0][:200]
