import json

import pandas as pd
import pytest

import trace_bench
from trace_bench.loading import export
from trace_core import UserError

from .test_curves import save


def test_there_is_a_row_for_every_iteration(tmp_path):
    save(tmp_path, 0, [3, None, 1])
    save(tmp_path, 1, [6], status="failed")
    found = trace_bench.load(tmp_path)
    assert list(found["iteration"]) == [0, 1, 2, 0]
    assert list(found["status"]) == ["finished"] * 3 + ["failed"]
    assert found["score"].isna().tolist() == [False, True, False, False]
    assert set(found["metric.held_out"]) == {2.0}
    assert json.loads(found["parameters"][0]) == {"x": 1.0}


def test_a_folder_without_runs_is_an_empty_table(tmp_path):
    assert trace_bench.load(tmp_path).empty


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_the_file_holds_the_table(tmp_path, ending):
    if ending == "parquet":
        pytest.importorskip("pyarrow")
    save(tmp_path / "runs", 0, [3, None, 1])
    file = tmp_path / "new" / f"steps.{ending}"
    assert export(tmp_path / "runs", file) == 3
    read = pd.read_csv if ending == "csv" else pd.read_parquet
    assert list(read(file)["score"].dropna()) == [3, 1]


def test_another_ending_is_one_line(tmp_path):
    with pytest.raises(UserError, match=r"must end in .csv or .parquet"):
        export(tmp_path, tmp_path / "steps.xls")


def test_a_file_that_cannot_be_written_is_one_line(tmp_path):
    save(tmp_path / "runs", 0, [3])
    (tmp_path / "taken").write_text("")
    with pytest.raises(UserError, match="Cannot write"):
        export(tmp_path / "runs", tmp_path / "taken" / "steps.csv")


def test_up_to_the_budget_there_is_what_figures_show(tmp_path):
    save(tmp_path, 0, [3, 0])
    save(tmp_path, 1, [6], status="failed", worst=9.0)
    save(tmp_path, 2, [6], status="interrupted")
    found = trace_bench.load(tmp_path, to_budget=True)
    assert found[["seed", "iteration", "value"]].to_numpy().tolist() == [
        *([0, 0, 3], [0, 1, 0], [0, 2, 0]),
        *([1, 0, 6], [1, 1, 9], [1, 2, 9]),
        [2, 0, 6],
    ]
    assert found["score"].isna().tolist() == [False, False, True, False, True, True, False]
    assert list(trace_bench.load(tmp_path)["value"]) == [3, 0, 6, 6]
