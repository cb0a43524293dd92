import json
import os
import platform
import re
from itertools import islice

import pytest

from trace_bench.plan import Run, plan
from trace_bench.rows import Row
from trace_bench.runner import execute, note_interruption
from trace_bench.store import RunFolder
from trace_core import UserError
from trace_core.llm import MockLLM

pytestmark = pytest.mark.usefixtures("plugin")


def one(*overrides: str) -> Run:
    (run,) = plan(["task=toy", "optimizer=toy_walk", "llm=mock", *overrides])
    return run


def drive(run: Run, out, on_row=lambda row: None):
    folder = RunFolder(out / run.id)
    return execute(run, folder, on_row), folder


class Crash(BaseException):
    """Stands for a kill: nothing catches it."""


def crash_at(iteration: int):
    def on_row(row: Row) -> None:
        if row.iteration == iteration:
            raise Crash

    return on_row


def values(folder: RunFolder) -> list[dict]:
    rows = [json.loads(row.line()) for row in folder.rows()]
    return [{k: v for k, v in row.items() if k not in ("seconds", "llm")} for row in rows]


def test_a_run_leaves_its_record_and_its_steps(tmp_path):
    record, folder = drive(one("iterations=3"), tmp_path)
    assert folder.record() == record
    assert (record.status, record.stop_reason, record.error) == ("finished", "budget", None)
    assert (record.task, record.optimizer, record.llm, record.mock) == (
        "toy",
        "toy_walk",
        None,
        False,
    )
    assert (record.metric, record.lower_is_better) == ("distance (toys)", True)
    assert record.metrics.final == record.metrics.best == 7.0
    assert record.metrics.calibrated == pytest.approx(0.3)
    assert record.metrics.held_out == {"held_out_error": 49.0}
    assert record.ledger.iterations == 3
    assert record.versions["trace-bench"]
    assert record.versions["toy-plugin"] == "1.0"
    assert [row.score for row in folder.rows()] == [10, 9, 8, 7]
    assert [row.update for row in folder.rows()] == [{"moved_by": -1.0}] * 3 + [{}]
    assert folder.rows()[0].parameters == {"x": 10.0}


def test_the_record_says_what_kind_of_machine_and_which_settings_answered(tmp_path):
    (run,) = plan(["task=toy_words", "optimizer=toy_reader", "llm=mock", "llm.seed=3"])
    record, _ = drive(run, tmp_path)
    assert record.llm_settings["seed"] == 3
    assert record.machine["processors"] >= 1 and record.machine["architecture"]
    assert platform.node() not in str(record.machine), "which machine it was is nobody's business"


def test_a_solved_problem_ends_the_run(tmp_path):
    record, folder = drive(one("seed=9"), tmp_path)
    assert (record.stop_reason, record.ledger.iterations) == ("solved", 1)
    assert record.metrics.solved_at == 1
    assert len(folder.rows()) == 2


def test_an_optimizer_may_end_the_run(tmp_path):
    record, _ = drive(one("optimizer=toy_quitter"), tmp_path)
    assert (record.stop_reason, record.ledger.iterations) == ("optimizer", 2)


def test_no_updates_is_a_run_too(tmp_path):
    record, _ = drive(one("iterations=0"), tmp_path)
    assert (record.metrics.final, record.ledger.iterations) == (10.0, 0)


def test_a_task_without_score_has_no_result_but_steps(tmp_path):
    (run,) = plan(["task=toy_words", "optimizer=toy_reader", "llm=mock"])
    record, folder = drive(run, tmp_path)
    assert record.status == "finished"
    assert (record.metrics.final, record.metrics.best, record.metrics.calibrated) == (None,) * 3
    assert len(folder.rows()) == 7


def test_what_an_llm_was_asked_is_in_the_steps(tmp_path):
    record, folder = drive(one("optimizer=toy_reader", "iterations=2"), tmp_path)
    assert (record.llm, record.mock, record.ledger.calls) == ("mock", True, 2)
    first, _, last = folder.rows()
    (exchange,) = first.llm.exchanges
    assert exchange["request"]["messages"][0]["content"] == "x=10.0; a better x?"
    assert json.loads(exchange["reply"]["text"])["x"] == first.update["x"]
    assert first.llm.prompt_tokens > 0
    assert last.llm.calls == 0


@pytest.mark.parametrize("optimizer", ["toy_walk", "toy_reader"])
@pytest.mark.parametrize("iteration", range(7))
def test_a_run_that_was_cut_off_anywhere_ends_like_an_unbroken_one(tmp_path, optimizer, iteration):
    run = one(f"optimizer={optimizer}", "task.tolerance=1e-9")
    unbroken, whole = drive(run, tmp_path / "unbroken")
    with pytest.raises(Crash):
        drive(run, tmp_path / "broken", crash_at(iteration))
    broken = RunFolder(tmp_path / "broken" / run.id)
    assert broken.record().status == "running"
    assert len(broken.rows()) == iteration + 1
    resumed, _ = drive(run, tmp_path / "broken")
    assert resumed.metrics == unbroken.metrics
    assert resumed.status == "finished"
    assert values(broken) == values(whole)
    assert resumed.ledger.prompt_tokens == unbroken.ledger.prompt_tokens


def test_a_resumed_run_asks_nothing_twice(tmp_path, monkeypatch):
    asked = []
    complete = MockLLM.complete
    monkeypatch.setattr(MockLLM, "complete", lambda self, r: asked.append(r) or complete(self, r))
    run = one("optimizer=toy_reader", "iterations=5", "task.tolerance=1e-9")
    with pytest.raises(Crash):
        drive(run, tmp_path, crash_at(3))
    record, _ = drive(run, tmp_path)
    assert len(asked) == record.ledger.calls == 5


def test_a_script_of_replies_goes_on_where_it_was(tmp_path):
    replies = [json.dumps({"x": x}) for x in (1, 2, 3, 4, 5, 6)]
    run = one("optimizer=toy_reader", "iterations=5")
    object.__setattr__(run.llm, "arguments", {"replies": replies, "seed": 0})
    with pytest.raises(Crash):
        drive(run, tmp_path, crash_at(2))
    _, folder = drive(run, tmp_path)
    assert [row.update.get("x") for row in folder.rows()] == [1, 2, 3, 4, 5, None]


def test_a_finished_run_is_left_alone(tmp_path):
    run = one()
    first, folder = drive(run, tmp_path)
    before = {p: p.stat().st_mtime_ns for p in folder.path.iterdir()}
    again, _ = drive(run, tmp_path, lambda row: pytest.fail("it ran again"))
    assert again == first
    assert {p: p.stat().st_mtime_ns for p in folder.path.iterdir()} == before


def test_a_system_that_fails_is_a_failed_run_with_a_traceback(tmp_path):
    flag = tmp_path / "flag"
    flag.write_text("")
    run = one(f"task.fails_while={flag}")
    record, folder = drive(run, tmp_path / "runs")
    assert record.status == "failed"
    assert record.error == "RuntimeError: the toy broke with two lines"
    assert len(folder.rows()) == 2
    assert "toy_plugin.py" in (folder.path / "traceback.txt").read_text()


def test_what_a_failed_or_killed_run_asked_is_in_its_record(tmp_path, monkeypatch):
    def asks_and_fails(reader):
        step(reader)
        raise RuntimeError("after the answer")

    run = one("optimizer=toy_reader", "task.tolerance=1e-9", "iterations=2")
    drive(run, tmp_path / "whole")
    record = note_interruption(
        run, RunFolder(tmp_path / "whole" / run.id), "its process was killed"
    )
    assert (record.status, record.ledger.calls, record.ledger.iterations) == ("interrupted", 2, 2)
    step = run.optimizer.cls.step
    monkeypatch.setattr(run.optimizer.cls, "step", asks_and_fails)
    record, folder = drive(run, tmp_path / "failed")
    assert record.status == "failed"
    assert (record.ledger.calls, len(folder.exchanges())) == (1, 1)


def test_a_failed_run_is_tried_again(tmp_path):
    flag = tmp_path / "flag"
    flag.write_text("")
    run = one(f"task.fails_while={flag}")
    drive(run, tmp_path / "runs")
    flag.unlink()
    record, folder = drive(run, tmp_path / "runs")
    assert (record.status, record.error, record.ledger.iterations) == ("finished", None, 6)
    assert not (folder.path / "traceback.txt").exists()


def test_ctrl_c_leaves_a_run_that_can_be_resumed(tmp_path):
    def interrupt(row: Row) -> None:
        if row.iteration == 2:
            raise KeyboardInterrupt

    run = one()
    with pytest.raises(KeyboardInterrupt):
        drive(run, tmp_path, interrupt)
    folder = RunFolder(tmp_path / run.id)
    assert (folder.record().status, folder.record().stop_reason) == ("interrupted", "Ctrl-C")
    record, _ = drive(run, tmp_path)
    assert (record.status, record.ledger.iterations) == ("finished", 6)


def test_a_task_that_answers_differently_is_found_out(tmp_path):
    run = one("task.noise=true")
    with pytest.raises(Crash):
        drive(run, tmp_path, crash_at(3))
    with pytest.raises(UserError, match=r"iteration 0 gave score=.* then and .* now") as caught:
        drive(run, tmp_path)
    assert "\n" not in str(caught.value)
    assert RunFolder(tmp_path / run.id).record().status == "interrupted"


def test_a_run_that_ends_earlier_than_it_had_got_is_found_out(tmp_path, monkeypatch):
    run = one("task.tolerance=1e-9")
    with pytest.raises(Crash):
        drive(run, tmp_path, crash_at(5))
    fit = run.optimizer.cls.fit
    monkeypatch.setattr(run.optimizer.cls, "fit", lambda self, p, n: islice(fit(self, p, n), 3))
    with pytest.raises(UserError, match="it has 6 steps and the run ends after 3 now"):
        drive(run, tmp_path)


def test_a_damaged_step_stops_the_run(tmp_path):
    run = one()
    with pytest.raises(Crash):
        drive(run, tmp_path, crash_at(3))
    path = tmp_path / run.id / "steps.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text(lines[0] + "{}\n" + "".join(lines[2:]))
    with pytest.raises(UserError, match="line 2 is damaged"):
        drive(run, tmp_path)


def test_a_full_disk_is_the_users_to_mend_and_leaves_no_folder(tmp_path):
    with pytest.raises(UserError, match="Cannot write .*No space left on device"):
        drive(one("task.disk_full=true"), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_another_config_is_refused(tmp_path):
    run, other = one(), one("seed=1")
    drive(other, tmp_path)
    (tmp_path / other.id).rename(tmp_path / run.id)
    with pytest.raises(UserError, match="holds a run of another config"):
        drive(run, tmp_path)


def test_no_secret_of_the_environment_is_in_a_run_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret-0123")
    _, folder = drive(one("optimizer=toy_reader"), tmp_path)
    for path in folder.path.iterdir():
        assert "sk-very-secret" not in path.read_text()
        assert not re.search(re.escape(os.environ["HOME"]), path.read_text())
