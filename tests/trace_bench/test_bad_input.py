"""Everything a user can get wrong is one line that says what to do, and leaves nothing behind."""

import json
import socket
import time

import pytest

from tests.chat_server import ChatServer, error


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "task=numericl"], "There is no task 'numericl'. Did you mean 'numerical'?"),
        (["run", "optimizer=adma"], "There is no optimizer 'adma'. Did you mean 'adam'?"),
        (["run", "llm=opnai"], "There is no llm 'opnai'. Did you mean 'openai'?"),
        (["run", "experiment=dmo"], "Did you mean 'demo'? `trace-bench list experiments`"),
        (["run", "sed=3"], "Did you mean 'seed'?"),
        (["run", "optimizer=adam", "optimizer.l=3"], "Did you mean 'optimizer.lr'?"),
        (["run", "optimizer=adam", "optimizer.lr=fast"], 'optimizer.lr="fast" is not allowed'),
        (["run", "optimizer=adam", "iterations=ten"], "iterations="),
        (["run", "optimizer=adam", "seed=0.5"], "seed=0.5 is not allowed"),
        (["run", "optimizer=adam", "seed=1000"], "seed=1000: task=numerical has 30 trials"),
        (["run", "-m", "optimizer=adam", "seed=range(28,32)"], "seed=30: task=numerical has 30"),
        (["run", "optimizer=adam", "seed=-1"], "seed=-1 is not allowed"),
        (["run", "optimizer=adam", "seed=range(3)"], "is a sweep: add -m"),
        (["run", "optimizer=adam", "seed"], "write KEY=VALUE"),
        (["run", "task=toy_words", "optimizer=toy_walk"], "These fit: "),
        (["run", "optimizer=optoprime", "llm=openai"], "OPENAI_API_KEY"),
        (["show", "nothing"], "There is no run 'nothing'"),
        (["plot"], "There is no folder results/runs"),
        (["plot", "."], "There are no runs in ."),
    ],
)
def test_a_mistake_is_one_line(shell, arguments, message):
    line = shell(*arguments).one_line()
    assert message in line
    assert not shell.runs()


@pytest.mark.parametrize("arguments", [["run", "--nope"], ["list", "nothing"], ["nope"], ["show"]])
def test_a_wrong_option_is_a_short_message(shell, arguments):
    ended = shell(*arguments)
    assert ended.code == 2
    assert "Traceback" not in ended.err
    assert ended.err.count("\n") < 10


def test_an_endpoint_that_is_down(shell):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    line = shell(
        "run",
        "optimizer=optoprime",
        "llm=openai",
        "llm.max_retries=0",
        OPENAI_API_KEY="sk-secret-1",
        OPENAI_BASE_URL=f"http://127.0.0.1:{port}/v1",
    ).one_line()
    assert str(port) in line
    assert "sk-secret" not in line
    assert not shell.runs()


def test_a_wrong_key(shell):
    with ChatServer() as server:
        line = shell(
            "run",
            "optimizer=optoprime",
            "llm=openai",
            OPENAI_API_KEY="sk-wrong-1",
            OPENAI_BASE_URL=server.url,
        ).one_line()
    assert "sk-wrong" not in line
    assert not shell.runs()


def test_an_endpoint_that_lists_models_but_refuses_to_answer(shell):
    with ChatServer(otherwise=error(403, "You are not allowed to do that.")) as server:
        shell(
            "run",
            "optimizer=optoprime",
            "llm=openai",
            OPENAI_API_KEY=server.key,
            OPENAI_BASE_URL=server.url,
        ).one_line()
    assert not shell.runs()


def test_a_results_folder_that_cannot_be_written(shell):
    (shell.folder / "file").write_text("")
    line = shell("run", "optimizer=adam", "--out", "file/runs").one_line()
    assert "Choose another folder with --out DIR" in line


def test_a_full_disk(shell):
    line = shell("run", "task=toy", "optimizer=toy_walk", "task.disk_full=true").one_line()
    assert "No space left on device" in line
    assert not shell.runs()


def test_a_run_folder_of_another_version(shell):
    shell("run", "optimizer=random_search")
    (run,) = shell.runs()
    record = json.loads((run / "run.json").read_text()) | {"schema": 99}
    (run / "run.json").write_text(json.dumps(record))
    for command in (["run", "optimizer=random_search"], ["plot"], ["show", run.name]):
        line = shell(*command).one_line()
        assert "was made by another version of trace-bench" in line
        assert run.name in line


def test_a_run_folder_that_is_damaged(shell):
    shell("run", "optimizer=random_search")
    (run,) = shell.runs()
    (run / "run.json").write_text("{")
    assert "is damaged" in shell("run", "optimizer=random_search").one_line()
    (run / "run.json").unlink()  # as the line says
    assert shell("run", "optimizer=random_search").code == 0


def test_steps_that_are_damaged(shell):
    shell("run", "optimizer=random_search")
    (run,) = shell.runs()
    lines = (run / "steps.jsonl").read_text().splitlines(keepends=True)
    (run / "steps.jsonl").write_text("".join(["oops\n", *lines[1:]]))
    assert "steps.jsonl, line 1 is damaged" in shell("plot").one_line()
    assert "line 1 is damaged" in shell("show", run.name).one_line()


def test_what_was_answered_outlives_damaged_steps(shell):
    command = ["run", "optimizer=optoprime", "llm=mock", "iterations=2"]
    shell(*command)
    (run,) = shell.runs()
    (run / "steps.jsonl").write_text("oops\n")
    assert "delete it and run.json and run again" in shell("plot").one_line()
    for name in ("steps.jsonl", "run.json"):
        (run / name).unlink()
    assert shell(*command).code == 0
    assert "2 of them from the record" in shell("show", run.name).out


def test_a_run_that_another_process_is_driving(shell):
    command = ["run", "task=toy", "optimizer=toy_walk", "task.delay_s=1", "iterations=100"]
    with shell.start(*command) as process:
        while not any((run / "steps.jsonl").exists() for run in shell.runs()):
            assert process.poll() is None
            time.sleep(0.02)
        (run,) = shell.runs()
        assert "is being run by another process" in shell("job", str(run)).one_line()
        assert process.poll() is None  # which is not disturbed
        process.kill()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "numerical"], "write task=numerical."),
        (["run", "optimizer=adam", "lr=0.1"], "Did you mean 'optimizer.lr'?"),
        (["run", "llm=gpt-4o"], "llm=openai llm.model=gpt-4o"),
        (["run", "optimizer=ADAM"], "Did you mean 'adam'?"),
        (["run", "experiment=fig5a"], "Did you mean 'fig5a_numerical'?"),
        (["run", "optimizer=optoprime", "llm.concurrency=8"], "add llm=openai"),
    ],
)
def test_a_near_miss_is_told_the_way(shell, arguments, message):
    assert message in shell(*arguments).one_line()


def test_a_figure_of_no_statistic_is_refused(shell):
    assert shell("run", "optimizer=adam", "iterations=1").code == 0
    assert "Name a statistic" in shell("plot", "--statistic", ",").one_line()
