"""`run --smoke` and `plot --run`: what experiments and tasks add to the command line."""

from pathlib import Path

import pytest

from trace_bench import experiments
from trace_bench.pictures import draw_pictures
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


def test_a_traffic_run_is_drawn(shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ["task=traffic", "task.engine=cpp", "seed=1", "iterations=1"]
    assert shell("run", "-m", *arguments, "optimizer=grid,scats").code == 0
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("trace_bench.tasks.traffic.pictures.AXIS", range(15, 91, 25))
    runs, out = shell.folder / "results/runs", tmp_path / "figures"
    drawn = draw_pictures("traffic-grid", runs, out)
    names = {path.name.rpartition("-")[2] for path in drawn}
    assert names == {
        f"{n}.{e}" for n in ("scores", "path", "queues") for e in ("png", "svg", "pdf")
    }
    assert all(path.stat().st_size > 1000 for path in drawn)
    assert len(list((tmp_path / "cache/trace-bench").iterdir())) == 1
    flat = draw_pictures("traffic-scats", runs, out)
    assert [path.name.rpartition("-")[2] for path in flat] == [
        f"scores.{ending}" for ending in ("png", "svg", "pdf")
    ]


def test_a_task_without_pictures_says_so(shell) -> None:
    assert shell("run", "task=toy", "optimizer=toy_walk", "iterations=1").code == 0
    assert "has no pictures" in shell("plot", "--run", "toy").one_line()
    assert "has neither pictures nor films" in shell("render", "toy").one_line()
    assert "has no step 2; it has 0 to 1" in shell("render", "toy", "--step", "2").one_line()
