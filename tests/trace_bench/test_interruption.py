"""Real processes that are killed: what they leave behind, and what the same command makes of it."""

import json
import random
import signal
import time

import pytest

from tests.chat_server import ChatServer

from .conftest import open_shell, rows_of

SWEEP = ["run", "-m", "task=toy", "optimizer=toy_walk,toy_reader", "llm=mock", "seed=range(3)"]
SLOW = ["task.delay_s=0.015", "task.tolerance=1e-9"]


def wait_for(condition, process) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory, toys):
    """The folders of the sweep that nobody disturbed."""
    shell = open_shell(tmp_path_factory.mktemp("unbroken"), toys)
    assert shell(*SWEEP, *SLOW).code == 0
    return shell.runs()


def some_rows(shell, n: int):
    return lambda: (
        sum(
            (run / "steps.jsonl").read_bytes().count(b"\n")
            for run in shell.runs()
            if (run / "steps.jsonl").exists()
        )
        >= n
    )


@pytest.mark.parametrize("round_", range(3))
def test_kill_9_and_the_same_command_give_the_results_of_an_unbroken_sweep(shell, unbroken, round_):
    rng = random.Random(round_)
    for kill in range(2):
        with shell.start(*SWEEP, *SLOW) as process:
            wait_for(some_rows(shell, 12 * kill + rng.randrange(1, 12)), process)
            time.sleep(rng.random() * 0.03)
            process.kill()
    ended = shell(*SWEEP, *SLOW)
    assert ended.code == 0, ended
    assert rows_of(shell.runs()) == rows_of(unbroken)
    for run, undisturbed in zip(shell.runs(), unbroken, strict=True):
        record = json.loads((run / "run.json").read_text())
        other = json.loads((undisturbed / "run.json").read_text())
        assert record["status"] == "finished"
        assert record["metrics"] == other["metrics"]
        assert record["ledger"]["calls"] == other["ledger"]["calls"]


def test_kill_9_with_a_server_that_answers(shell):
    command = ["run", "-m", "optimizer=optoprime", "llm=openai", "seed=0,1", "iterations=4"]
    with ChatServer(latency_s=0.03) as server:
        where = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": server.key}
        shell(*command, "--out", "unbroken", **where)
        whole = len(server.requests)
        with shell.start(*command, **where) as process:
            wait_for(lambda: len(server.requests) >= whole + 6, process)
            process.kill()
        assert shell(*command, **where).code == 0
    assert rows_of(shell.runs()) == rows_of(shell.runs("unbroken"))
    # Of each run, the answer that was under way may be asked for twice.
    assert 2 * whole <= len(server.requests) <= 2 * whole + 2


def test_ctrl_c_while_many_questions_are_open_loses_no_answer(shell):
    pytest.importorskip("dspy")
    command = ["run", "task=bbh", "task.subset=generated/word_sorting", "task.examples=60"]
    command += ["optimizer=copro", "optimizer.breadth=3", "optimizer.depth=1"]
    command += ["llm=openai", "executor=inline"]
    with ChatServer(latency_s=1.0) as server:
        where = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": server.key}
        with shell.start(*command, **where) as process:
            wait_for(lambda: _answers(shell) >= 20, process)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=180)
        kept, asked = _answers(shell), len(server.requests)
        assert kept >= 20
        assert shell(*command, **where).code == 0
        assert len(server.requests) - asked == _answers(shell) - kept


def _answers(shell) -> int:
    records = [run / "llm.jsonl" for run in shell.runs()]
    return sum(record.read_bytes().count(b"\n") for record in records if record.exists())


def test_ctrl_c_says_how_to_go_on(shell, unbroken):
    with shell.start(*SWEEP, *SLOW) as process:
        wait_for(some_rows(shell, 10), process)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=180)
    assert process.returncode == 130
    assert out == ""
    assert "Traceback" not in err
    assert "of 6 runs are finished. The same command again goes on from here." in err
    assert "interrupted" in shell.statuses()
    assert "running" not in shell.statuses()
    assert shell(*SWEEP, *SLOW).code == 0
    assert rows_of(shell.runs()) == rows_of(unbroken)


def test_an_interrupted_run_is_shown_and_drawn_as_such(shell):
    command = ["run", "-m", "task=toy", "optimizer=toy_walk", "seed=range(2)"]
    shell(*command, *SLOW, "--limit", "1")
    with shell.start(*command, *SLOW) as process:
        wait_for(some_rows(shell, 9), process)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=180)
    assert "interrupted (Ctrl-C)" in shell("show", "toy-toy_walk-s1").out
    assert shell("plot").code == 0
    svg = (shell.folder / "results/figures/toy-score-mean.svg").read_text()
    assert "n = 1, too few for an interval, 1 unfinished, left out" in svg
