"""Tasks whose workflow asks an LLM, that are judged at the end, or that stand for several runs."""

import json

import pytest

from trace_bench.curves import load_curves
from trace_bench.plan import plan
from trace_bench.runner import execute
from trace_bench.store import RunFolder

pytestmark = pytest.mark.usefixtures("plugin")
ASKING = ["task=toy_asker", "optimizer=toy_teller", "llm=mock", "iterations=3"]


def drive(out, *overrides):
    (run,) = plan([*ASKING, *overrides])
    folder = RunFolder(out / run.id)
    return execute(run, folder, lambda row: None), folder


def test_the_run_has_an_llm_though_the_optimizer_uses_none(tmp_path):
    record, folder = drive(tmp_path)
    assert (record.status, record.llm, record.mock) == ("finished", "mock", True)
    assert (record.ledger.calls, record.ledger.cached) == (4, 0)
    assert [row.llm.calls for row in folder.rows()] == [1, 1, 1, 1]
    assert len((folder.path / "llm.jsonl").read_text().splitlines()) == 4


def test_a_task_that_asks_nobody_gives_such_an_optimizer_no_llm():
    (run,) = plan(["task=toy_words", "optimizer=toy_teller", "llm=mock"])
    assert run.llm is None


def test_a_run_whose_task_asks_is_resumed_from_the_record(tmp_path):
    _, folder = drive(tmp_path)
    whole = folder.rows()
    steps = (folder.path / "steps.jsonl").read_bytes().splitlines(keepends=True)
    (folder.path / "steps.jsonl").write_bytes(b"".join(steps[:2]))
    folder.write(folder.record().model_copy(update={"status": "running"}))
    record, folder = drive(tmp_path)
    assert record.ledger.cached == 2
    assert [r.differs(w) for r, w in zip(folder.rows(), whole, strict=True)] == [None] * 4


def test_no_update_is_made_from_an_example_that_asks_for_none(tmp_path):
    _, folder = drive(tmp_path)
    assert [row.update for row in folder.rows()] == [{"moved": True}, {}, {"moved": True}, {}]
    assert [row.parameters["x"] for row in folder.rows()] == [10, 11, 11, 12]


def test_a_run_may_be_judged_at_its_end_only(tmp_path):
    record, folder = drive(tmp_path)
    assert [row.score for row in folder.rows()] == [None, None, None, 4.0]
    assert (record.metrics.final, record.metrics.best, record.judged_by) == (4.0, 4.0, "asked")
    (curve,) = load_curves(tmp_path)["toy_asker"]
    assert curve.values == ((), (), (), (4.0,))
    assert curve.failures == 0


def test_the_steps_hold_what_became_of_each_example(tmp_path):
    _, folder = drive(tmp_path)
    assert [row.examples for row in folder.rows()][1] == [{"asked": 2, "right": True}]


def test_settings_that_change_no_result_are_no_part_of_a_run(tmp_path):
    (slow,) = plan([*ASKING, "task.delay_s=0.1"])
    (fast,) = plan(ASKING)
    assert slow.id == fast.id and slow.config == fast.config
    assert "delay_s" not in json.dumps(slow.config)
    assert slow.task.build().delay_s == 0.1


def test_a_word_may_stand_for_several_runs():
    runs = plan([*ASKING, "task.word=both"])
    assert [run.config["task"]["word"] for run in runs] == ["one", "other"]
    assert len({run.id for run in runs}) == 2
    assert len(plan([*ASKING, "task.word=both", "seed=0,1"], multirun=True)) == 4
