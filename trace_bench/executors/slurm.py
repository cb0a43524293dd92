"""Slurm through submitit: an array job, a run a task."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, wait
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

from annotated_types import Ge, Gt

from trace_bench.attempt import job as do
from trace_bench.job import Ended, write_job
from trace_bench.plan import Run
from trace_bench.stopping import let_children_hear, stoppable
from trace_bench.sweeps import FOLDER
from trace_core import UserError

from ._base import Job, Lane, in_thread
from .processes import cores

if TYPE_CHECKING:
    import submitit

LONGEST_ARRAY = 1000
"""What Slurm's own default allows is 1001."""
LOOK_S = {"slurm": 2.0, "local": 0.1}
GRACE_S = 60.0
"""How long a job that is to be requeued may take to end its iteration; Slurm waits 90 s for it."""

Cluster = Literal["slurm", "local"]


class Slurm(Lane):
    """A job a run. One that meets its time limit is requeued, and goes on where it was.

    Args:
        cluster: "slurm", or "local" for the same jobs as processes of this machine, to try it out.
        minutes: time limit of a job.
        requeues: how often a job that has met it may go on.
        memory_gb: of a job.
        cpus: of a job.
        at_once: runs at the same time.
        partition: where; None is the cluster's default.
        options: further options of sbatch by their long names: {account: x, qos: y}.
        setup: shell lines before Python starts, for instance "module load bubblewrap".
    """

    def __init__(
        self,
        *,
        cluster: Cluster = "slurm",
        minutes: Annotated[int, Ge(1)] = 240,
        requeues: Annotated[int, Ge(0)] = 10,
        memory_gb: Annotated[float, Gt(0)] = 4.0,
        cpus: Annotated[int, Ge(1)] = 1,
        at_once: Annotated[int, Ge(1)] = 200,
        partition: str | None = None,
        options: Mapping[str, str] | None = None,
        setup: Sequence[str] = (),
    ) -> None:
        self.slots = LONGEST_ARRAY if cluster == "slurm" else cores()
        self._cluster, self._requeues = cluster, requeues
        self._parameters: dict[str, Any] = {
            "name": "trace-bench",
            "timeout_min": minutes,
            "mem_gb": memory_gb,
            "cpus_per_task": cpus,
            "slurm_array_parallelism": at_once,
            "slurm_partition": partition,
            "slurm_additional_parameters": dict(options or {}),
            "slurm_setup": list(setup),
        }
        self._jobs: dict[Future[Ended], submitit.Job[Ended]] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._stopping = False

    def explain(self, runs: Sequence[Run]) -> str:
        """How many jobs."""
        where = "Slurm" if self._cluster == "slurm" else "submitit on this machine"
        return f"{len(runs)} runs as jobs of {where}"

    def submit(self, jobs: Sequence[Job]) -> list[Future[Ended]]:
        """Submit one array.

        Raises:
            UserError: there is no such cluster, or it refuses the jobs.
        """
        let_children_hear()
        executor = self._executor(jobs[0])
        for each in jobs:
            write_job(each.run, each.folder)
        try:
            submitted = executor.map_array(Task(), [each.path for each in jobs])
        except Exception as error:  # submitit passes on whatever sbatch says
            said = (str(error).strip() or repr(error)).splitlines()[-1]
            raise UserError(f"The cluster refuses the jobs ({said}): see executor.KEY.") from error
        promised: list[Future[Ended]] = [Future() for _ in submitted]
        with self._lock:
            if not self._jobs:
                threading.Thread(target=self._look, daemon=True).start()
            self._jobs.update(zip(promised, submitted, strict=True))
        return promised

    def stop(self) -> None:
        """Cancel the jobs: what they have recorded is kept."""
        with self._lock:
            self._stopping = True
            for each in self._jobs.values():
                each.cancel(check=False)

    def kill(self) -> None:
        """Nothing more: the jobs have been cancelled."""

    def close(self) -> None:
        """Look no more."""
        self._closed.set()

    def _executor(self, first: Job) -> submitit.AutoExecutor:
        try:
            import submitit
        except ImportError as error:
            raise UserError("Slurm needs submitit: pip install 'trace-bench[slurm]'") from error
        logs = first.folder.path.parent.absolute() / FOLDER / first.run.sweep / "slurm"
        try:
            executor = submitit.AutoExecutor(
                logs,
                cluster=self._cluster,
                slurm_max_num_timeout=self._requeues,
                local_max_num_timeout=self._requeues,
            )
        except RuntimeError as error:
            raise UserError(
                "There is no Slurm here (srun is not found): start this on a login node of the "
                "cluster, or choose executor=processes, or executor.cluster=local to try it out."
            ) from error
        executor.update_parameters(**self._parameters)
        return executor

    def _look(self) -> None:
        """Keep the promises of jobs that have ended."""
        while not self._closed.wait(LOOK_S[self._cluster]):
            with self._lock:
                ended = [pair for pair in self._jobs.items() if pair[1].done()]
                for promised, _ in ended:
                    del self._jobs[promised]
                none_left = not self._jobs
            for promised, each in ended:
                promised.set_result(self._ended(each))
            if none_left:
                return

    def _ended(self, each: submitit.Job[Ended]) -> Ended:
        error = each.exception()
        if error is None:
            return each.result()
        if self._stopping:
            return Ended("stopped")
        said = str(error).strip().splitlines()[-1] if str(error).strip() else repr(error)
        return Ended("died", f"the cluster ended its job {each.job_id} ({each.state}): {said}")


class Task:
    """What a job calls; submitit pickles it."""

    def __init__(self) -> None:
        self._stop: Any = None
        self._ended: Future[Ended] | None = None

    def __call__(self, path: str) -> Ended:
        """Do the job in a thread: submitit raises in the main one when the time is up."""
        with stoppable() as self._stop:
            self._ended = in_thread(partial(do, path))
            while not self._ended.done():
                wait([self._ended], timeout=1.0)  # never for ever: signals want to be seen
            return self._ended.result()

    def checkpoint(self, path: str) -> submitit.helpers.DelayedSubmission:
        """End the iteration, and go on with the rest in another job."""
        from submitit.helpers import DelayedSubmission

        if self._ended:
            self._stop()
            wait([self._ended], timeout=GRACE_S)
        return DelayedSubmission(Task(), path)
