"""What a folder of results may hold after crashes, upgrades and bad luck: handled and said."""

import json
import math

import pytest

import trace_bench
from trace_bench.compare import compare
from trace_bench.curves import load_curves
from trace_bench.figures import draw
from trace_bench.plan import plan
from trace_bench.report.library import Library
from trace_bench.report.overview import Overview
from trace_bench.reproduce import Reproduced, _drawn
from trace_bench.results_commands import (
    compare_command,
    export_command,
    plot_command,
    report_command,
)
from trace_bench.runner import execute
from trace_bench.store import RunFolder
from trace_bench.tables import lines
from trace_core import UserError

from .test_curves import save
from .test_groups import config
from .test_record import Metrics


def overview(out):
    library = Library(out)
    library.refresh()
    return Overview(library).as_json()


def notices(out) -> list[str]:
    return [notice["text"] for notice in overview(out)["notices"]]


def plotted(out, tmp_path):
    plot_command(out, "score", "mean,iqm", "iterations", tmp_path / "figures", as_json=False)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "runs"


def test_a_half_written_folder(out, tmp_path, capsys):
    save(out, 0, [3, 2])
    (out / "toy-walk-s9").mkdir()
    (out / "toy-walk-s9" / "steps.jsonl").write_text('{"iteration"')
    assert any(text.startswith("toy-walk-s9: there is no run.json") for text in notices(out))
    plotted(out, tmp_path)
    assert "toy-walk-s9 is left out: there is no run.json" in capsys.readouterr().err
    export_command(tmp_path / "steps.csv", out)
    assert "toy-walk-s9 is left out" in capsys.readouterr().err
    assert len(trace_bench.load(out)) == 2


def test_a_torn_line(out, tmp_path):
    save(out, 0, [3, 2])
    with (out / "toy-walk-s0" / "steps.jsonl").open("a") as file:
        file.write('{"iteration": 2, "sco')
    (run,) = overview(out)["runs"]
    assert (run["scores"], run["problem"]) == ([3, 2], None)
    report_command(out, tmp_path / "report.html", tmp_path, as_json=False)
    assert '2, "sco' not in (tmp_path / "report.html").read_text()
    assert load_curves(out)["toy"][0].values == ((3,), (2,), (2,))


def test_a_damaged_line_hides_neither_the_run_nor_the_others(out, tmp_path):
    save(out, 0, [3, 2])
    save(out, 1, [5, 4])
    path = out / "toy-walk-s0" / "steps.jsonl"
    path.write_text(f"oops </script>\n{path.read_text()}")
    found = overview(out)
    assert any("line 1 is damaged" in notice["text"] for notice in found["notices"])
    assert [bool(run["problem"]) for run in found["runs"]] == [True, False]
    (exhibit,) = found["exhibits"]
    assert exhibit["legend"][0]["label"].startswith("walk: n = 1,")
    report_command(out, tmp_path / "report.html", tmp_path, as_json=False)
    with pytest.raises(UserError, match="line 1 is damaged"):
        plotted(out, tmp_path)


def test_runs_of_two_versions(out, tmp_path):
    for seed, version in enumerate(["1.0", "2.0"]):
        save(out, seed, [3, 2], versions={"python": "3.11", "uxsim": version})
    assert "Different versions of uxsim: 1.0 (1 runs), 2.0 (1 runs)." in notices(out)
    _, svg, _ = draw("toy", load_curves(out)["toy"], ["mean"], tmp_path / "figures")
    words = " ".join(svg.read_text().split())
    assert "different versions of uxsim" in words
    old = out / "toy-walk-s9"
    old.mkdir()
    (old / "run.json").write_text(json.dumps({"schema": 0}))
    assert any("toy-walk-s9: " in t and "another version of trace-bench" in t for t in notices(out))


def test_comparing_runs_of_two_versions_says_so(tmp_path, capsys):
    for name, version in (("a", "1.0"), ("b", "2.0")):
        save(tmp_path / name, 0, [3, 2], versions={"uxsim": version}, metrics=Metrics(final=2))
    compare_command(str(tmp_path / "a"), str(tmp_path / "b"), "score", tmp_path, as_json=False)
    assert "Runs made with different versions of uxsim are mixed" in capsys.readouterr().out


def test_an_experiment_without_a_finished_run(tmp_path):
    out = tmp_path / "runs"
    (run,) = plan(["task=numerical", "optimizer=adam", "iterations=2"])

    def stop(row):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        execute(run, RunFolder(out / run.id), stop)
    found = overview(out)
    assert "1 runs are not finished; they are in no figure or table." in notices(out)
    (exhibit,) = [e for e in found["exhibits"] if e["name"] == "fig5a_numerical"]
    assert exhibit["axes"] == []
    assert "Nothing finished yet: adam" in exhibit["caption"]
    with pytest.raises(UserError, match="No run of numerical is finished"):
        plotted(out, tmp_path)
    from trace_bench import experiments

    done = Reproduced("fig5a_numerical")
    experiment = experiments.load("fig5a_numerical")
    assert list(_drawn(experiment, {run.id}, out, tmp_path / "figures", done)) == []
    assert list(done.left_out) == ["figure fig5a_numerical"]


def test_a_task_without_a_finished_run_does_not_hide_the_others(out, tmp_path, capsys):
    save(out, 0, [3, 2])
    save(out, 1, [3], status="interrupted", task="other", config=config(1, size=9))
    plotted(out, tmp_path)
    printed = capsys.readouterr()
    assert "toy-score-mean-iqm.svg" in printed.out
    assert "No run of other is finished" in printed.err


def test_one_seed(out, tmp_path):
    save(out, 0, [3, 2])
    (exhibit,) = overview(out)["exhibits"]
    points = exhibit["axes"][0]["statistics"][0]["lines"][0]
    assert points[0] == [0, 3, None, None]
    assert "too few for an interval" in exhibit["legend"][0]["label"]
    assert lines(load_curves(out)["toy"], [])[0].mean == "2"
    plotted(out, tmp_path)


def test_all_values_equal(out, tmp_path):
    for seed in range(6):
        save(out, seed, [0.0, 0.0], metrics=Metrics(final=0.0, calibrated=1.0))
    (exhibit,) = overview(out)["exhibits"]
    assert exhibit["axes"][0]["statistics"][2]["lines"][0][1] == [1, 0, 0, 0]
    assert lines(load_curves(out)["toy"], [])[0].mean == "0 [0, 0]"
    plotted(out, tmp_path)
    again = tmp_path / "again"
    for seed in range(6):
        save(again, seed, [0.0, 0.0], metrics=Metrics(final=0.0, calibrated=1.0), replayed=True)
    (found,) = compare(str(out), str(again), out)
    assert (found.result.tied, found.result.p) == (6, None)
    assert "No difference is shown" in found.verdict


def test_scores_that_are_no_numbers(out, tmp_path):
    for seed in range(6):
        final = math.nan if seed == 0 else 1.0
        save(out, seed, [3.0, math.nan if seed < 4 else 1.0], metrics=Metrics(final=final))
    found = overview(out)
    (exhibit,) = found["exhibits"]
    assert "4 failed iterations" in exhibit["legend"][0]["label"]
    assert "Failures count as the worst score" in exhibit["caption"]
    assert found["runs"][0]["final"] == "NaN"
    json.dumps(found, allow_nan=False)
    assert exhibit["axes"][0]["statistics"][0]["lines"][0] == [[0, 3, 3, 3]]
    plotted(out, tmp_path)
    report_command(out, tmp_path / "report.html", tmp_path, as_json=False)


def test_a_folder_with_nothing_in_it(tmp_path):
    with pytest.raises(UserError, match="There are no runs in"):
        report_command(tmp_path, tmp_path / "report.html", tmp_path, as_json=False)
    with pytest.raises(UserError, match="There is no folder"):
        report_command(tmp_path / "none", tmp_path / "report.html", tmp_path, as_json=False)
