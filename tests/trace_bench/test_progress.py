import io

import pytest
from rich.console import Console

from trace_bench.plan import plan
from trace_bench.progress import outcome, telling
from trace_bench.record import Ledger, Metrics
from trace_bench.sweep import sweep

from .test_record import record


def told(tmp_path, *overrides: str, terminal: bool = False, limit: int | None = None) -> str:
    base = ["task=toy", "optimizer=toy_walk", "llm=mock"]
    runs = plan([*base, *overrides], multirun=True, limit=limit)
    console = Console(file=io.StringIO(), force_terminal=terminal, width=120)
    with telling(runs, console) as progress:
        sweep(runs, tmp_path, progress)
    return console.file.getvalue()


@pytest.mark.usefixtures("plugin")
def test_a_log_file_gets_one_line_a_run(tmp_path):
    lines = told(tmp_path, "seed=range(3)", "iterations=2").splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("[1/3] toy-toy_walk-s0-")
    assert lines[0].endswith("finished: 8 after 2 updates (budget)")


@pytest.mark.usefixtures("plugin")
def test_finished_runs_are_one_line_together(tmp_path):
    told(tmp_path, "seed=range(3)")
    lines = told(tmp_path, "seed=range(4)").splitlines()
    assert lines[0] == "3 of 4 runs had been finished before"
    assert lines[1].startswith("[4/4] toy-toy_walk-s3-")
    assert told(tmp_path, "seed=range(4)").splitlines() == ["4 of 4 runs had been finished before"]


@pytest.mark.usefixtures("plugin")
def test_a_terminal_gets_a_bar_for_all_runs(tmp_path):
    text = told(tmp_path, "seed=0", terminal=True)
    assert "of 1 runs finished" in text
    assert "━━━" in text


@pytest.mark.usefixtures("plugin")
def test_a_log_file_is_told_now_and_then_how_things_stand(tmp_path, monkeypatch):
    monkeypatch.setattr("trace_bench.progress.LOG_EVERY_S", 0.001)
    lines = told(tmp_path, "seed=0", "task.delay_s=0.05").splitlines()
    ended = [line.startswith("[1/1] toy-toy_walk-s0-") for line in lines].index(True)
    assert any("0 of 1 runs finished, 1 running" in line for line in lines[:ended])


@pytest.mark.usefixtures("plugin")
def test_a_failed_run_is_named_on_a_terminal_too(tmp_path):
    flag = tmp_path / "flag"
    flag.write_text("")
    text = told(tmp_path, f"task.fails_while={flag}", terminal=True)
    assert "failed: RuntimeError: the toy broke with two lines" in text


def test_an_outcome_says_what_matters():
    done = record(metrics=Metrics(final=0.5), ledger=Ledger(iterations=2), stop_reason="solved")
    assert outcome(done) == "toy-walk-s0-00000000 finished: 0.5 after 2 updates (solved)"
    mocked = done.model_copy(update={"mock": True})
    assert outcome(mocked).endswith("(solved, mock LLM)")
    assert "no score" in outcome(done.model_copy(update={"metrics": Metrics()}))
