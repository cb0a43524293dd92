"""The small tasks (App. C, D, E.2) through the harness, under every kind of optimizer."""

import pytest

from trace_bench import experiments
from trace_bench.plan import plan
from trace_bench.runner import execute
from trace_bench.store import RunFolder

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
