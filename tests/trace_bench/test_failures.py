"""Runs that end otherwise than by themselves: what is tried again, and what is said."""

import json
import os
import signal
import time

import pytest

from tests.chat_server import ChatServer, server_error
from trace_bench.claims import latest
from trace_bench.sweep import states
from trace_core import UserError

from .conftest import rows_of
from .quiet import swept
from .quiet import toys as planned
from .test_interruption import wait_for

SWEEP = ["run", "-m", "task=toy", "optimizer=toy_walk", "seed=range(3)", "task.tolerance=1e-9"]
PROCESSES = ["executor=processes", "executor.workers=2", "sweep.pause_s=0"]


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory, toys):
    from .conftest import open_shell

    shell = open_shell(tmp_path_factory.mktemp("unbroken"), toys)
    assert shell(*SWEEP).code == 0
    return {name[: len("toy-toy_walk-s0")]: rows for name, rows in rows_of(shell.runs()).items()}


def rows(shell):
    return {name[: len("toy-toy_walk-s0")]: found for name, found in rows_of(shell.runs()).items()}


def a_worker(shell):
    """The process that drives a run which has got somewhere."""
    for run in shell.runs():
        holder = latest(run)
        steps = run / "steps.jsonl"
        if holder and not holder.is_free() and steps.exists() and steps.stat().st_size:
            return holder.pid
    return None


def kill_a_worker(shell, process) -> None:
    wait_for(lambda: a_worker(shell), process)
    pid = a_worker(shell)
    assert pid not in (None, os.getpid(), process.pid)
    os.kill(pid, signal.SIGKILL)


def test_a_killed_worker_costs_its_run_nothing_but_time(shell, unbroken):
    with shell.start(*SWEEP, *PROCESSES, "task.delay_s=0.1") as process:
        kill_a_worker(shell, process)
        _, err = process.communicate(timeout=180)
    assert process.returncode == 0, err
    assert rows(shell) == unbroken


def test_a_worker_that_is_always_killed_leaves_a_run_that_can_go_on(shell, unbroken):
    with shell.start(*SWEEP, *PROCESSES, "sweep.retries=0", "task.delay_s=0.1") as process:
        kill_a_worker(shell, process)
        _, err = process.communicate(timeout=180)
    assert process.returncode == 1
    assert "1 run interrupted: its process was killed by SIGKILL (results/runs/toy" in err
    assert "The same command goes on from here" in err
    assert shell(*SWEEP, "task.delay_s=0.1").code == 0
    assert rows(shell) == unbroken


@pytest.mark.parametrize("executor", [["executor=threads"], PROCESSES])
def test_ctrl_c_once_stops_after_the_iteration_and_loses_nothing(shell, unbroken, executor):
    with shell.start(*SWEEP, *executor, "task.delay_s=0.2") as process:
        wait_for(lambda: a_worker(shell), process)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=180)
    assert process.returncode == 130
    assert "Stopping: each run ends its iteration. Ctrl-C again" in err
    assert "Traceback" not in err
    assert "The same command again goes on from here." in err
    assert "running" not in shell.statuses()
    assert shell(*SWEEP, "task.delay_s=0.2", "executor=inline").code == 0
    assert rows(shell) == unbroken


@pytest.mark.parametrize("executor", [["executor=threads"], PROCESSES])
def test_ctrl_c_twice_stops_at_once(shell, executor):
    with shell.start(*SWEEP, *executor, "task.delay_s=600") as process:
        wait_for(lambda: any((run / "run.json").exists() for run in shell.runs()), process)
        pids = {latest(run).pid for run in shell.runs() if latest(run)}
        process.send_signal(signal.SIGINT)
        assert any("Stopping" in line for line in process.stderr)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=180)
    assert process.returncode == 130
    assert "Traceback" not in err
    for pid in pids:
        wait_until_gone(pid)


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_workers_go_when_their_scheduler_is_killed(shell, unbroken):
    with shell.start(*SWEEP, *PROCESSES, "task.delay_s=0.1") as process:
        wait_for(lambda: a_worker(shell), process)
        pids = {latest(run).pid for run in shell.runs() if latest(run)}
        process.kill()
    for pid in pids:
        wait_until_gone(pid)
    assert shell(*SWEEP, *PROCESSES, "task.delay_s=0.1").code == 0
    assert rows(shell) == unbroken


def test_two_schedulers_share_the_work_without_doubling_it(shell):
    command = ["run", "-m", "optimizer=optoprime", "llm=openai", "seed=range(6)", "iterations=3"]
    command += ["executor=threads", "executor.workers=2"]
    with ChatServer(latency_s=0.1) as server:
        where = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": server.key}
        with shell.start(*command, **where) as one, shell.start(*command, **where) as other:
            ended = [process.communicate(timeout=180) for process in (one, other)]
        assert [one.returncode, other.returncode] == [0, 0], ended
        asked = [json.dumps([body["messages"], body["seed"]]) for body in server.requests]
        assert len(asked) == len(set(asked))
        found = [json.loads((run / "run.json").read_text()) for run in shell.runs()]
        assert [record["status"] for record in found] == ["finished"] * 6
        assert sum(record["ledger"]["calls"] for record in found) == len(server.requests)
    assert [path.name for path in (shell.folder / "results/runs").glob(".*")] == []


ASKING = ("optimizer=toy_reader", "llm=openai", "llm.max_retries=0", "task.tolerance=1e-9")


@pytest.mark.usefixtures("plugin")
@pytest.mark.parametrize("executor", ["inline", "threads"])
def test_an_llm_that_is_down_for_a_while_is_asked_again(tmp_path, chat_server, executor):
    chat_server.script = [server_error() for _ in range(2)]
    runs = planned(*ASKING, "seed=0,1", f"executor={executor}", "sweep.pause_s=0.1")
    assert [r.status for r in swept(runs, tmp_path)] == ["finished"] * 2
    calls = sum(record.ledger.calls for record in states(runs, tmp_path))
    assert len(chat_server.requests) == calls + 2


@pytest.mark.usefixtures("plugin")
def test_an_llm_that_stays_down_ends_the_sweep_and_leaves_it_resumable(tmp_path, chat_server):
    runs = planned(
        *ASKING, "seed=range(5)", "executor=inline", "sweep.pause_s=0", "sweep.retries=1"
    )
    chat_server.otherwise = server_error()
    with pytest.raises(UserError, match="fails, tried once"):
        swept(runs, tmp_path)
    assert len(chat_server.requests) <= 6


@pytest.mark.usefixtures("plugin")
def test_refusals_can_be_collected(tmp_path):
    runs = planned("seed=0,1", "executor=inline")
    broken = planned("seed=2,3", "task.disk_full=true", "executor=inline")
    told = []
    records = swept(broken + runs, tmp_path, on_refusal=lambda run, error: told.append(run.seed))
    assert told == [2, 3]
    assert [r.status for r in records] == ["finished"] * 2
