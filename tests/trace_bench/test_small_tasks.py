"""The small tasks (App. C, D, E.2) through the harness, under every kind of optimizer."""

import re

import pytest

from trace_bench import experiments
from trace_bench.plan import plan
from trace_bench.runner import execute
from trace_bench.store import RunFolder
from trace_core import UserError

TASKS = ("binary_digits", "mlp", "mdp", "prompt_words", "debugging", "pipeline", "agents")
RUNS = {
    run.id: run for run in plan(["experiment=appC_examples", "iterations=2", "seed=0"], smoke=True)
}


@pytest.mark.parametrize("name", RUNS)
def test_every_optimizer_of_the_examples_runs(name, tmp_path):
    run = RUNS[name]
    record = execute(run, RunFolder(tmp_path / run.id), lambda row: None)
    assert (record.status, record.error) == ("finished", None)


def test_llm_optimizers_are_tried_on_every_small_task():
    with_llm = {run.task.name for run in RUNS.values() if run.llm}
    assert with_llm | {"mlp"} == {*TASKS, "constraints"}


@pytest.mark.parametrize("optimizer", ["optoprime", "optoprime_masked"])
def test_an_llm_may_train_the_network_too(optimizer, tmp_path):
    (run,) = plan(["task=mlp", f"optimizer={optimizer}", "llm=mock", "iterations=1"])
    record = execute(run, RunFolder(tmp_path / run.id), lambda row: None)
    assert record.status == "finished"


def test_the_sizes_differ():
    sizes = [experiments.of_size("appC_examples", size) for size in experiments.SIZES]
    assert sizes[0] != sizes[1] != sizes[2]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["task=binary_digits", "task.k=0"], "task.k=0 is not allowed"),
        (["task=mlp", "optimizer=adam", "task.hidden=0"], "task.hidden=0 is not allowed"),
        (["task=mlp", "optimizer=adam", "task.teacher=99"], "is more than hidden=8"),
        (["task=mdp", "task.size=1"], "task.size=1 is not allowed"),
        (["task=mdp", "task.size=2", "task.walls=3"], "leave no way"),
        (["task=pipeline", "task.rows=10"], "task.rows=10 is not allowed"),
        (["task=binary_digits", "optimizer=adam"], "needs gradient, which task=binary_digits"),
        (["task=mlp", "optimizer=gp"], "needs bounds, which task=mlp does not"),
    ],
)
def test_what_makes_no_sense_is_one_line_before_anything_runs(words, reason):
    with pytest.raises(UserError, match=re.escape(reason)) as caught:
        plan([*words, "llm=mock"])
    assert "\n" not in str(caught.value)
