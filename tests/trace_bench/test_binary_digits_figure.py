import csv
import io

import pytest
from rich.console import Console

from trace_bench import experiments
from trace_bench.experiments import Experiment
from trace_bench.programs.binary_digits import points
from trace_bench.reproduce import reproduce
from trace_bench.store import folders
from trace_core import UserError


def test_the_experiment_is_run_drawn_and_tabulated(tmp_path):
    console = Console(file=io.StringIO())
    out, figures = tmp_path / "runs", tmp_path / "figures"
    (done,) = reproduce(["appE2_binary_digits"], "smoke", "mock", [], out, figures, console)
    assert (done.ran, done.failed, done.left_out) == (39, 0, {})
    assert {path.suffix for path in done.files} == {".csv", ".png", ".svg", ".pdf"}
    table = list(csv.DictReader((figures / "appE2_binary_digits.csv").read_text().splitlines()))
    exact = [line for line in table if line["method"] == "subgraph_search"]
    assert [int(line["most"]) <= int(line["k"]) for line in exact] == [True] * 3
    assert {line["method"] for line in table if line["mock"] == "True"} == {
        "optoprime (mock LLM, not a model)"
    }
    assert "MOCK LLM" in (figures / "appE2_binary_digits.svg").read_text()


def test_a_run_without_a_solution_counts_with_its_budget(tmp_path):
    console = Console(file=io.StringIO())
    only = ["task.k=6", "optimizer=blind_search", "iterations=2", "seed=range(6)"]
    reproduce(["appE2_binary_digits"], "smoke", None, only, tmp_path, tmp_path / "f", console)
    (point,) = points(folder.record() for folder in folders(tmp_path))
    assert point.solved < point.runs == 6
    assert point.updates <= 2 == point.most


def test_an_experiment_without_runs_points_to_reproduce():
    with pytest.raises(UserError, match="trace-bench reproduce theorem1_propagation"):
        experiments.sweeps(["experiment=theorem1_propagation"])
    for size in experiments.SIZES:
        assert experiments.of_size("theorem1_propagation", size) == []


def test_an_experiment_must_do_something():
    with pytest.raises(ValueError, match="needs sweeps, or a program"):
        Experiment(description="nothing")
