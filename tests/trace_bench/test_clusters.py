"""Cluster managers for real, on this machine: submitit's own executor, Ray, and Slurm.

Slurm only where there is one: tests/one_node_slurm.sh starts it, from Debian's packages. That one
has no accounting, without which nobody tells submitit of a job that was killed.
"""

import json
import os
import signal
import threading
import time

import pytest

from trace_bench.claims import latest
from trace_bench.executors import Job
from trace_bench.executors.ray import Ray
from trace_bench.executors.slurm import Slurm
from trace_bench.store import RunFolder
from trace_core import UserError

from .conftest import rows_of
from .quiet import swept, toys

pytestmark = pytest.mark.usefixtures("plugin", "toys_importable")
NO_SLURM = pytest.mark.skipif("SLURM_CONF" not in os.environ, reason="no Slurm is here")
CLUSTERS = [
    pytest.param(
        ["executor=slurm", "executor.minutes=5", "executor.memory_gb=0.5"],
        id="slurm",
        marks=NO_SLURM,
    ),
    pytest.param(["executor=slurm", "executor.cluster=local"], id="submitit"),
    pytest.param(["executor=ray", "executor.cpus=2"], id="ray", marks=pytest.mark.cluster),
]


@pytest.mark.usefixtures("plugin")
def test_a_cluster_that_is_not_there_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="There is no Slurm here .*executor=processes"):
        swept(toys("seed=0,1", "executor=slurm"), tmp_path / "out")
    assert not list((tmp_path / "out").glob("*"))


@pytest.mark.cluster
def test_a_ray_cluster_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(UserError, match="There is no Ray cluster at auto .*ray start --head"):
        swept(toys("seed=0,1", "executor=ray", "executor.address=auto"), tmp_path / "out")
    assert not list((tmp_path / "out").glob("*"))


@pytest.mark.cluster
@pytest.mark.parametrize("executor", CLUSTERS)
def test_a_cluster_gives_the_same_rows(tmp_path, executor):
    flag = tmp_path / "flag"
    flag.write_text("")
    sweep = ("seed=range(4)", f"task.fails_while={flag}", "optimizer=toy_reader,toy_walk")
    records = swept(toys(*sweep, *executor), tmp_path / "cluster")
    assert {record.status for record in records} == {"failed"}
    flag.unlink()
    records = swept(toys(*sweep, *executor), tmp_path / "cluster")
    assert {record.status for record in records} == {"finished"}
    swept(toys(*sweep, "executor=inline"), tmp_path / "inline")
    here, there = (sorted((tmp_path / out).glob("toy-*")) for out in ("inline", "cluster"))
    assert rows_of(here) == rows_of(there)


def submitted(lane, tmp_path, *overrides: str):
    (run,) = toys("seed=0", "task.tolerance=1e-9", *overrides)
    job = Job(run, RunFolder(tmp_path / run.id))
    (promised,) = lane.submit([job])
    return job, promised


@pytest.fixture
def in_the_background():
    """As a shell starts `command &` in a script: deaf to SIGINT, by which jobs are stopped."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


def wait_for_rows(job: Job, count: int) -> None:
    deadline = time.monotonic() + 60
    while not (job.folder.record() and len(job.folder.rows()) >= count):
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.cluster
def test_a_job_whose_time_is_up_is_requeued_and_goes_on(tmp_path):
    lane = Slurm(cluster="local")
    job, promised = submitted(lane, tmp_path, "task.delay_s=1")
    wait_for_rows(job, 2)
    os.kill(latest(job.folder.path).pid, signal.SIGUSR2)  # what Slurm sends before the limit
    assert promised.result(100).how == "done"
    assert job.folder.record().status == "finished"
    logs = "".join(path.read_text() for path in (tmp_path / ".sweeps").rglob("*.out"))
    assert "Requeued job" in logs
    lane.close()


@pytest.mark.cluster
def test_a_job_that_the_cluster_kills_is_told_with_its_reason(tmp_path):
    lane = Slurm(cluster="local")
    job, promised = submitted(lane, tmp_path, "task.delay_s=1")
    wait_for_rows(job, 1)
    os.kill(latest(job.folder.path).pid, signal.SIGKILL)
    ended = promised.result(100)
    assert ended.how == "died"
    assert "the cluster ended its job" in ended.why
    lane.close()


@pytest.mark.cluster
@pytest.mark.parametrize("lane", [Slurm(cluster="local"), Ray(cpus=1)], ids=["submitit", "ray"])
def test_jobs_can_be_stopped_and_go_on_elsewhere(tmp_path, lane, in_the_background):
    job, promised = submitted(lane, tmp_path, "task.delay_s=3")  # a busy machine stops it late
    wait_for_rows(job, 2)
    threading.Timer(0.1, lane.stop).start()
    assert promised.result(100).how == "stopped"
    lane.close()
    assert json.loads((job.folder.path / "run.json").read_text())["status"] != "finished"
    (record,) = swept([job.run], tmp_path)
    assert (record.status, record.ledger.iterations) == ("finished", 6)
