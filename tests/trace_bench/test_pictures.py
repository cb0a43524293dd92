"""`run --smoke` and `plot --run`: what experiments and tasks add to the command line."""

from pathlib import Path

import pytest

from trace_bench import experiments
from trace_bench.plan import plan
from trace_core import UserError


def test_smoke_replaces_what_takes_long_and_overrides_still_win() -> None:
    small = experiments.sweeps(["experiment=fig5b_traffic", "iterations=1"], smoke=True)
    assert small is not None
    for sweep in small:
        assert "llm=mock" in sweep and "task.engine=cpp" in sweep
        assert "iterations=1" in sweep and "iterations=3" not in sweep
    assert len(plan(["experiment=fig5b_traffic"], smoke=True)) == 18


def test_the_figure_has_ten_trials_of_fifty_evaluations() -> None:
    runs = plan(["experiment=fig5b_traffic"])
    assert {run.iterations for run in runs} == {49} and {run.seed for run in runs} == set(range(10))
    names = {run.optimizer.name for run in runs}
    assert {"optoprime", "opro", "scats", "gp", "pso"} <= names
    memory = {r.config["optimizer"].get("memory_size") for r in runs if r.optimizer.cls.uses_llm}
    assert {0, 10} <= memory


@pytest.mark.parametrize("overrides", [[], ["experiment=demo"]])
def test_what_has_no_smoke_size_says_so(overrides: list[str]) -> None:
    with pytest.raises(UserError, match="smoke"):
        experiments.sweeps(overrides, smoke=True)


def test_a_traffic_run_is_drawn(shell) -> None:
    arguments = ["task=traffic", "task.engine=cpp", "seed=1", "iterations=1"]
    assert shell("run", "-m", *arguments, "optimizer=grid,scats").code == 0
    cache = {"XDG_CACHE_HOME": str(shell.folder / "cache")}
    drawn = shell("plot", "--run", "traffic-grid", "--json", **cache)
    assert drawn.code == 0, drawn.err
    names = {Path(path).name.partition("-s1-")[2].partition("-")[2] for path in drawn.data}
    assert names == {f"{n}.{e}" for n in ("scores", "path", "queues") for e in ("png", "svg")}
    assert len(list((shell.folder / "cache/trace-bench").iterdir())) == 1
    flat = shell("plot", "--run", "traffic-scats", "--json", **cache)
    assert [Path(path).name.rpartition("-")[2] for path in flat.data] == [
        "scores.png",
        "scores.svg",
    ]


def test_a_task_without_pictures_says_so(shell) -> None:
    assert shell("run", "task=toy", "optimizer=toy_walk", "iterations=1").code == 0
    assert "has no pictures" in shell("plot", "--run", "toy").one_line()
