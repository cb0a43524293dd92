"""The same LLM optimizer runs unchanged on every task that it fits."""

import pytest

from trace_bench import capabilities, registry
from trace_bench.plan import plan
from trace_bench.runner import execute
from trace_bench.show import pick, show_step
from trace_bench.store import RunFolder
from trace_core import UserError

QUICK = ("numerical", "battleship_demo")
SMALL = {
    "battleship": ["task.boards=1"],
    "battleship_8x8": ["task.boards=1"],
    "battleship_demo": ["task.boards=1"],
    "traffic": ["task.engine=cpp"],
}
"""Overrides that make an iteration of a task cheap."""


def pairs():
    for task, task_class in sorted(registry.usable("task").items()):
        for name, cls in sorted(registry.usable("optimizer").items()):
            if cls.uses_llm and not capabilities.missing(task_class, cls):
                marks = [] if task in QUICK else [pytest.mark.slow]
                yield pytest.param(task, name, marks=marks, id=f"{task}-{name}")


def executed(task, optimizer, folder, *overrides):
    chosen = [f"task={task}", f"optimizer={optimizer}", "llm=mock", "sandbox=inprocess"]
    (run,) = plan([*chosen, "iterations=2", *SMALL.get(task, []), *overrides])
    return execute(run, RunFolder(folder / run.id), lambda row: None), RunFolder(folder / run.id)


@pytest.mark.parametrize(("task", "optimizer"), [*pairs()])
def test_it_runs_on_every_task_that_fits(task, optimizer, tmp_path) -> None:
    try:
        record, folder = executed(task, optimizer, tmp_path)
    except UserError as error:
        if "data fetch" in str(error):
            pytest.skip("the task's data is not on this machine")
        raise
    assert record.status == "finished", record.error
    assert record.ledger.calls > 0
    updates = [row.update for row in folder.rows()[:-1]]
    assert all("suggestion" in update or "skipped" in update for update in updates)


def test_what_became_of_the_replies_is_counted_in_the_record(tmp_path) -> None:
    replies = ['["none", "{\\"suggestion\\": {\\"input_x0\\": 2}}"]']
    record, folder = executed("numerical", "optoprime", tmp_path, f"llm.replies={replies[0]}")
    assert record.ledger.events == {"unusable_reply": 1, "usable_reply": 1}
    assert [row.update["events"] for row in folder.rows()[:-1]] == [
        {"unusable_reply": 1},
        {"usable_reply": 1},
    ]


@pytest.mark.parametrize("optimizer", ["optoprime", "basic_agent", "textgrad"])
def test_every_prompt_of_a_step_can_be_read(optimizer, tmp_path, capsys) -> None:
    from rich.console import Console

    _, folder = executed("numerical", optimizer, tmp_path)
    row = pick(folder.rows(), 0, folder)
    show_step(row, Console(width=4000))
    shown = capsys.readouterr().out
    assert len(row.llm.exchanges) == (7 if optimizer == "textgrad" else 1)
    for exchange in row.llm.exchanges:
        for message in exchange["request"]["messages"]:
            assert all(line in shown for line in message["content"].splitlines())


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (["optimizer=optoprime", "optimizer.mask=['#Kode']"], "mask"),
        (["optimizer=optoprime", "optimizer.projections=[clop]"], "projections"),
        (["optimizer=optoprime", "optimizer.max_prompt_tokens=10"], "max_prompt_tokens=10"),
        (["optimizer=optoprime", "optimizer.max_reasoning=-1"], "max_reasoning=-1"),
        (["optimizer=opro", "optimizer.candidates=0"], "candidates=0"),
        (["optimizer=optoprime_multi", "optimizer.technique=drews"], "technique"),
        (["optimizer=textgrad", "optimizer.memory_size=1"], "no key 'optimizer.memory_size'"),
        (["optimizer=optoprime_scored", "task=battleship"], "needs score"),
    ],
)
def test_a_wrong_setting_is_one_line_before_anything_runs(overrides, told) -> None:
    with pytest.raises(UserError) as caught:
        plan(["task=numerical", "llm=mock", *overrides])
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
