"""The commands as a user meets them: real processes."""

import json
import subprocess
import sys

import pytest

from tests.chat_server import ChatServer


def test_help_teaches(shell):
    ended = shell("--help")
    assert ended.code == 0
    assert "trace-bench run task=numerical optimizer=adam" in ended.out
    ended = shell("run", "--help")
    assert "seed='range(30)'" in ended.out
    assert "Exit code: 0 all finished, 1 some runs failed, were stopped" in ended.out


def test_the_version_is_printed(shell):
    assert shell("--version").out.startswith("trace-bench ")


def test_a_sweep_ends_with_a_table_on_stdout_and_progress_on_stderr(shell):
    ended = shell("run", "-m", "optimizer=random_search", "seed=range(5)", "iterations=2")
    assert ended.code == 0
    assert "numerical: absolute error |y - y*|" in ended.out
    assert "95 % bootstrap" in ended.out
    assert ended.err.count("finished: ") == 5
    assert len(shell.runs()) == 5
    assert "\x1b" not in ended.out + ended.err


def test_the_same_command_again_repeats_nothing(shell):
    command = ["run", "-m", "optimizer=random_search", "seed=range(3)"]
    shell(*command)
    before = {p: p.stat().st_mtime_ns for run in shell.runs() for p in run.iterdir()}
    again = shell(*command)
    assert "3 of 3 runs had been finished before" in again.err
    assert {p: p.stat().st_mtime_ns for run in shell.runs() for p in run.iterdir()} == before


def test_json_is_all_there_is_on_stdout(shell):
    data = shell("run", "-m", "optimizer=random_search", "seed=range(2)", "--json").data
    assert [run["status"] for run in data["runs"]] == ["finished"] * 2
    assert data["summary"][0]["estimates"]["mean"]["low"] is None
    assert data["partial"] is False


def test_limit_is_partial_and_says_so(shell):
    command = ["run", "-m", "optimizer=random_search", "seed=range(5)", "--limit", "2"]
    ended = shell(*command)
    assert "Partial: only the first 2 seeds" in ended.err
    assert len(shell.runs()) == 2
    assert shell(*command, "--json").data["partial"] is True


def test_a_dry_run_runs_nothing(shell):
    shell("run", "-m", "optimizer=random_search", "seed=0,1")
    ended = shell("run", "-m", "optimizer=adam,random_search", "seed=range(3)", "--dry-run")
    assert ended.code == 0
    assert "0-2" in ended.out
    assert "6 runs, 2 of them finished" in ended.out
    assert len(shell.runs()) == 2
    states = shell(
        "run", "-m", "optimizer=random_search", "seed=range(3)", "--dry-run", "--json"
    ).data
    assert [s["status"] for s in states] == ["finished", "finished", "missing"]


def test_a_dry_run_needs_no_key(shell):
    assert shell("run", "optimizer=optoprime", "llm=openai", "--dry-run").code == 0


def test_out_moves_the_results(shell):
    assert shell("run", "optimizer=random_search", "--out", "elsewhere").code == 0
    assert len(shell.runs("elsewhere")) == 1
    assert not shell.runs()


def test_everything_can_be_listed(shell):
    ended = shell("list")
    assert ended.code == 0
    for text in ("numerical", "toy_words", "lr=0.1", "mock", "demo", "seed=range(30)"):
        assert text in ended.out
    assert list(shell("list", "llms", "--json").data) == ["llms"]


def test_the_matrix_says_what_fits_and_what_is_missing(shell):
    lines = shell("list", "--matrix").out.splitlines()
    assert any("optoprime " in line and "all" in line for line in lines)
    assert any("score: " in line for line in lines)
    data = shell("list", "--matrix", "--json").data
    assert data["toy_words"]["toy_walk"] == ["score"]
    assert data["toy"]["toy_walk"] == []


HEAVY = {"torch", "numpy", "scipy", "pandas", "matplotlib", "hydra", "openai"}


# Start-up is promised in seconds, which scripts/bench_harness.py measures: here it is what a busy
# machine cannot change.
@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (["--help"], HEAVY | {"pydantic", "rich", "yaml"}),
        (["run", "--help"], HEAVY),
        (["list"], HEAVY),
        (["list", "--matrix"], HEAVY),
    ],
)
def test_start_up_imports_nothing_heavy(arguments, absent):
    program = (
        "import atexit, sys\n"
        "from trace_bench.cli import main\n"
        "atexit.register(lambda: print(*sorted(sys.modules), file=sys.stderr))\n"
        "main()\n"
    )
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    assert not absent & set(done.stderr.split())


def test_a_run_of_compiled_code_ends_with_its_result(shell):
    words = ("task=traffic", "task.engine=cpp", "optimizer=random_search", "iterations=1")
    ended = shell("run", *words)
    assert ended.code == 0
    assert "leaked" not in ended.out + ended.err


def test_a_run_and_its_steps_can_be_shown(shell):
    shell("run", "optimizer=optoprime", "llm=mock", "iterations=2")
    ended = shell("show", "numerical-optoprime")
    assert ended.code == 0
    for text in ("finished (budget)", "mock, not a model", "2 LLM calls", "needs to be"):
        assert text in ended.out
    step = shell("show", "numerical-optoprime", "--step", "1")
    for text in ("prompt, system", "prompt, user", "reply of mock", "update", "feedback"):
        assert text in step.out
    data = shell("show", "numerical-optoprime", "--json").data
    assert (data["status"], len(data["steps"])) == ("finished", 3)
    row = shell("show", "numerical-optoprime", "--step", "1", "--json").data
    assert row["llm"]["exchanges"][0]["reply"]["text"]


def test_figures_are_drawn_from_the_folders(shell):
    shell("run", "-m", "optimizer=random_search", "seed=range(5)", "iterations=2")
    ended = shell("plot", "--statistic", "median")
    assert ended.code == 0, ended
    assert ended.out.splitlines() == [
        "results/figures/numerical-score-median.png",
        "results/figures/numerical-score-median.svg",
        "results/figures/numerical-score-median.pdf",
    ]
    assert all((shell.folder / line).exists() for line in ended.out.splitlines())


def test_doctor_never_fails_and_never_tells_a_key(shell):
    ended = shell("doctor", OPENAI_API_KEY="sk-secret-1")
    assert ended.code == 0
    assert "OPENAI_API_KEY" in ended.out
    assert "sk-secret" not in ended.out
    assert shell("doctor", "--json").data


def test_a_reader_that_goes_away_is_no_error(shell):
    with shell.start("list") as process:
        process.stdout.close()
        _, err = process.communicate(timeout=60)
    assert "Traceback" not in err


def test_failed_runs_give_exit_code_1_and_the_others_go_on(shell):
    flag = shell.folder / "flag"
    flag.write_text("")
    command = ["run", "-m", "task=toy", "optimizer=toy_walk", "seed=range(2)"]
    ended = shell(*command, f"task.fails_while={flag}")
    assert ended.code == 1
    assert "2 runs failed: RuntimeError: the toy broke with two lines (results/runs/" in ended.err
    assert "traceback.txt, for instance)" in ended.err
    assert "2 failed" in ended.out
    assert "Traceback" not in ended.err
    flag.unlink()
    assert shell(*command, f"task.fails_while={flag}").code == 0


def test_openai_needs_two_variables_only(shell):
    with ChatServer() as server:
        where = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": server.key}
        command = ["run", "task=numerical", "optimizer=optoprime", "llm=openai", "iterations=3"]
        ended = shell(*command, **where)
        assert ended.code == 0, ended
        (run,) = shell.runs()
        rows = [json.loads(line) for line in (run / "steps.jsonl").read_text().splitlines()]
        assert len(server.requests) == sum(row["llm"]["calls"] for row in rows) == 3
        assert sum(row["llm"]["prompt_tokens"] for row in rows) == server.prompt_tokens
        exchange = rows[0]["llm"]["exchanges"][0]
        sent = server.requests[0]["messages"]
        assert [m["content"] for m in exchange["request"]["messages"]] == [
            m["content"] for m in sent
        ]
        assert json.loads(exchange["reply"]["text"])
        assert rows[0]["update"]
    record = json.loads((run / "run.json").read_text())
    assert record["mock"] is False
    assert record["llm"].startswith("openai/")
    assert server.key not in "".join(p.read_text() for p in run.iterdir())
    shell(*command, **where)
    assert len(server.requests) == 3
