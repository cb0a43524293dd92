import io
import json
import subprocess
import sys
import time

import pytest
from rich.console import Console

from trace_bench.plan import plan
from trace_bench.rows import LLMUse
from trace_bench.runner import execute
from trace_bench.snapshot import Snapshot, Standing
from trace_bench.status import as_lines, as_view, duration
from trace_bench.store import RunFolder
from trace_bench.sweeps import Planned, announced, name_of, planned
from trace_bench.watch import Watch, _here, _Steps

from .quiet import swept, toys
from .test_interruption import wait_for
from .test_record import record


def standing(name: str, status: str, **more) -> Standing:
    return Standing(name, status, "toy", "walk", 9, **more)


def test_what_is_left_is_reckoned_from_measured_iterations():
    runs = [
        standing("a", "finished", rows=10, step_s=2.0),
        standing("b", "running", rows=4, step_s=4.0),
        standing("c", "running", rows=10, step_s=3.0),
        standing("d", "missing"),
    ]
    # 6 + 0 + 10 iterations of 3 s, two runs at a time, and the last has to be done in one go.
    assert Snapshot.of(runs).left_s == 30.0
    assert Snapshot.of([*runs, standing("e", "missing")]).left_s == 39.0
    assert Snapshot.of(runs[:1]).left_s == 0.0
    assert Snapshot.of(runs[3:]).left_s is None


def test_costs_are_summed_and_an_unknown_price_stays_unknown():
    runs = [
        standing("a", "finished", calls=9, tokens=100, usd=0.5),
        standing("b", "running", calls=3, calls_per_minute=30.0, tokens=50, usd=0.25),
    ]
    now = Snapshot.of(runs)
    assert (now.calls, now.calls_per_minute, now.tokens, now.usd) == (12, 30.0, 150, 0.75)
    assert "12 LLM calls, 30 a minute, 150 tokens, 0.75 USD" in as_lines(now)[0]
    unknown = Snapshot.of([*runs, standing("c", "failed", calls=1, usd=None)])
    assert unknown.usd is None
    assert "price unknown" in as_lines(unknown)[0]


def test_many_running_runs_are_listed_shortly():
    runs = [standing(f"r{i}", "running", rows=3, best=0.5, host="node7") for i in range(20)]
    lines = as_lines(Snapshot.of(runs))
    assert len(lines) == 14
    assert lines[1] == "r0: 2 of 9 updates, best 0.5 (node7)"
    assert lines[-1] == "and 8 more"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (7, "7 s"),
        (125, "2 min"),
        (7500, "2 h 05 min"),
        (7199, "2 h 00 min"),
        (2e5, "2 d 08 h"),
    ],
)
def test_durations_are_short(seconds, words):
    assert duration(seconds) == words


def test_the_view_of_a_terminal_has_a_bar():
    console = Console(file=io.StringIO(), width=100, force_terminal=True)
    console.print(as_view(Snapshot.of([standing("r1", "running", rows=1)])))
    assert "0 of 1 runs finished, 1 running" in console.file.getvalue()
    assert "━━━" in console.file.getvalue()


@pytest.mark.usefixtures("plugin")
def test_files_are_read_on_from_where_the_last_look_ended(tmp_path):
    (run,) = plan(["task=toy", "optimizer=toy_walk", "task.tolerance=1e-9"])
    looks, watch = [], Watch(tmp_path)
    execute(run, RunFolder(tmp_path / run.id), lambda row: looks.append(watch.look()))
    assert [look.running[0].rows for look in looks] == [1, 2, 3, 4, 5, 6, 7]
    assert [look.running[0].best for look in looks] == [10, 9, 8, 7, 6, 5, 4]
    assert dict(watch.look().statuses) == {"finished": 1}


@pytest.mark.usefixtures("plugin")
def test_what_a_scheduler_plans_is_counted(tmp_path):
    runs = toys("seed=range(5)")
    swept(runs[:2], tmp_path)
    with announced(tmp_path, name_of(runs), runs):
        assert dict(Watch(tmp_path).look().statuses) == {"finished": 2, "missing": 3}
    assert dict(Watch(tmp_path).look().statuses) == {"finished": 2}
    only = [Planned.of(run) for run in runs[1:4]]
    assert dict(Watch(tmp_path, only).look().statuses) == {"finished": 1, "missing": 2}


def test_status_looks_from_another_terminal(shell):
    command = ["run", "-m", "task=toy", "optimizer=toy_walk", "seed=range(3)", "executor=inline"]
    assert "There is no folder results/runs" in shell("status").one_line()
    with shell.start(*command, "task.delay_s=3") as process:
        steps = [run / "steps.jsonl" for run in shell.runs()]
        while not any(path.exists() and path.stat().st_size for path in steps):
            assert process.poll() is None
            time.sleep(0.02)
            steps = [run / "steps.jsonl" for run in shell.runs()]
        now = shell("status", "--json").data
        text = shell("status").out
        process.kill()
    assert now["total"] == 3
    assert now["statuses"]["running"] == 1
    assert now["running"][0]["best"] <= 10
    assert now["running"][0]["host"]
    assert "left" in text
    assert "of 6 updates, " in text
    after = shell("status", "--json").data
    assert after["statuses"]["interrupted"] == 1
    assert after["running"] == []


def test_the_end_of_a_killed_scheduler_is_tidied_up_by_the_next(shell):
    command = ["run", "-m", "task=toy", "optimizer=toy_walk", "seed=range(2)", "executor=inline"]
    with shell.start(*command, "task.delay_s=0.1") as process:
        wait_for(lambda: any((run / "run.json").exists() for run in shell.runs()), process)
        process.kill()
    out = shell.folder / "results/runs"
    assert [path.name for path in out.glob(".*")] == [".sweeps"]
    assert shell(*command, "task.delay_s=0.1").code == 0
    assert [path.name for path in out.glob(".*")] == []
    assert json.loads((shell.runs()[0] / "job.json").read_text())["id"] == shell.runs()[0].name


@pytest.mark.usefixtures("plugin")
def test_what_a_killed_scheduler_planned_is_forgotten(tmp_path):
    runs = toys("seed=range(2)")
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with announced(tmp_path, "begun", runs):
        (mine,) = (tmp_path / ".sweeps" / "begun").glob("*.json")
        node = mine.stem.rpartition("-")[0]
        left = mine.with_name(f"{node}-{gone.pid}.json")
        left.write_text(mine.read_text().replace(runs[0].id, "killed"))
        other = mine.with_name(f"elsewhere-{gone.pid}.json")
        other.write_text(mine.read_text().replace(runs[0].id, "elsewhere"))
        assert set(planned(tmp_path)) == {"elsewhere", *(run.id for run in runs)}
        assert not left.exists()


def test_what_is_left_is_not_reckoned_with_the_waits_of_a_recording():
    reply = {"reply": {"seconds": 158.0, "cached": True}}
    use = LLMUse(calls=1, cached=1, seconds=158.0, exchanges=[reply])
    steps = _Steps()
    steps._add({"score": 1.0, "llm": use.model_dump(), "seconds": 158.2}, max)
    ((seconds, asked),) = steps.recent
    assert (round(seconds, 3), asked) == (0.2, 0)
    ended = {"started": "2026-11-29T06:00:00+00:00", "finished": "2026-11-29T06:00:04+00:00"}
    assert _here(record(**ended)) == 4
