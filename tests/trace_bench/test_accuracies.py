"""Table 1: intervals and means are those of the counts, and the paper's numbers stand beside."""

import csv

import pytest
from scipy import stats

from trace_bench import accuracies, accuracy_tables, experiments
from trace_bench.accuracies import methods, published
from trace_bench.accuracy_tables import mean_lines, task_lines, write
from trace_bench.record import Metrics
from trace_bench.store import RunFolder
from trace_bench.tasks.bbh.subsets import GROUPS, PUBLISHED
from trace_core import UserError

from .test_record import record

(TABLE,) = experiments.load("table1_bbh").accuracies


def save(out, subset, right, n, optimizer="copro", seed=0, cot=False, **changes):
    config = {
        "task": {"name": "bbh", "subset": subset, "cot": cot},
        "optimizer": {"name": optimizer},
        "llm": {"name": "openai"},
        "seed": seed,
        "iterations": 14,
    }
    held_out = {
        "test_right": right,
        "test_examples": n,
        "test_accuracy": 100 * right / max(n, 1),
        "test_failed": 2,
        "test_empty_replies": 1,
    }
    given = {
        "id": f"{subset.replace('/', '-')}-{optimizer}-{cot}-{seed}",
        "task": "bbh",
        "optimizer": optimizer,
        "seed": seed,
        "config": config,
        "llm": "openai/a-model",
        "mock": False,
        "metrics": Metrics(final=100 * right / max(n, 1), held_out=held_out),
    }
    one = record(**{**given, **changes})
    folder = RunFolder(out / one.id)
    folder.path.mkdir(parents=True)
    folder.write(one)


def found(out, only=None):
    return methods(out, TABLE.task, TABLE.methods, only)


def test_an_accuracy_has_its_wilson_interval_and_the_papers_beside(tmp_path):
    save(tmp_path, "navigate", 183, 230)
    (line,) = task_lines(found(tmp_path))
    ends = stats.binomtest(183, 230).proportion_ci(0.95, method="wilson")
    assert line.ours == f"79.6 [{100 * ends.low:.1f}, {100 * ends.high:.1f}]"
    assert (line.subset, line.paper, line.right) == ("navigate", "0", "183/230")
    assert line.difference == line.ours, "the paper's COPRO has 0 there"
    assert (line.unanswered, line.empty, line.runs) == ("2", "1", "1")
    assert line.llm == "openai/a-model"


def test_seeds_are_added_up(tmp_path):
    for seed, right in enumerate((10, 20, 30)):
        save(tmp_path, "navigate", right, 40, seed=seed)
    (line,) = task_lines(found(tmp_path))
    assert (line.right, line.runs, line.ours[:4]) == ("60/120", "3", "50 [")


def test_variants_have_the_papers_mean_over_variants(tmp_path):
    rows = published("bbh_table.csv")
    save(tmp_path, "tracking_shuffled_objects_five_objects", 1, 2)
    save(tmp_path, "logical_deduction_five_objects", 1, 2)
    lines = {line.subset: line for line in task_lines(found(tmp_path))}
    variants = [rows[f"tracking_shuffled_objects_variant_{k}"]["copro"] for k in (1, 2, 3)]
    tracking = lines["tracking_shuffled_objects_five_objects"]
    assert float(tracking.paper) == pytest.approx(sum(variants) / 3, abs=0.06)
    assert float(lines["logical_deduction_five_objects"].paper) == 70.0


@pytest.mark.parametrize(
    ("paper", "flat", "tasks"),
    [("dspy", 42.1, 39.7), ("copro", 56.5, 53.3), ("optoprime_cot", 78.6, 77.4)],
)
def test_the_papers_means_are_those_of_its_table_and_its_summary_is_printed(
    paper, flat, tasks, tmp_path
):
    optimizer = {"dspy": "dspy_program", "copro": "copro", "optoprime_cot": "optoprime"}[paper]
    for subset in PUBLISHED:
        save(tmp_path, subset, 1, 2, optimizer, cot=paper.endswith("cot"))
    lines = {line.over: line for line in mean_lines(found(tmp_path))}
    assert float(lines["all files"].paper) == flat
    assert float(lines["all tasks"].paper) == tasks
    summary = published("bbh_summary.csv")[paper]
    assert float(lines["all tasks"].printed) == summary["all_23"]
    assert float(lines["algorithmic tasks"].printed) == summary["algorithmic_11"]
    assert [line.n for line in lines.values()] == [
        "27 of 27", "23 of 23", "12 of 12", "15 of 15", "11 of 11",
    ]  # fmt: skip


def test_variants_count_once_or_each(tmp_path):
    for subset in GROUPS["algorithmic"]:
        is_variant = subset.endswith("_objects")
        save(tmp_path, subset, 2 if is_variant else 1, 2)
    lines = {line.over: line.ours for line in mean_lines(found(tmp_path))}
    assert lines["algorithmic files"].startswith(f"{100 * (6 + 9 / 2) / 15:.3g} [")
    assert lines["algorithmic tasks"].startswith(f"{100 * (2 + 9 / 2) / 11:.3g} [")


def test_a_mean_over_some_subsets_is_compared_with_the_papers_over_the_same(tmp_path):
    save(tmp_path, "navigate", 1, 2)
    save(tmp_path, "snarks", 2, 2)
    lines = {line.over: line for line in mean_lines(found(tmp_path))}
    assert (lines["all files"].ours, lines["all files"].n) == ("75", "2 of 27")
    assert float(lines["all files"].paper) == pytest.approx(86.08 / 2, abs=0.06)
    assert lines["NLP tasks"].paper == "86.1" and lines["NLP tasks"].n == "1 of 12"


def test_methods_are_told_apart_and_come_in_the_papers_order(tmp_path):
    for optimizer, cot in [("opro", False), ("optoprime", True), ("copro", True), ("copro", False)]:
        save(tmp_path, "snarks", 1, 2, optimizer, cot=cot)
    names = [(method.paper, method.label.split()[0]) for method in found(tmp_path)]
    assert names == [
        ("copro", "copro"), ("copro_cot", "copro"), ("optoprime_cot", "optoprime"), (None, "opro"),
    ]  # fmt: skip
    assert task_lines(found(tmp_path))[-1].paper == "-"


def test_a_failed_run_counts_as_all_wrong_and_is_said(tmp_path):
    save(tmp_path, "snarks", 1, 2)
    save(tmp_path, "snarks", 0, 0, seed=1, status="failed", metrics=Metrics())
    (line,) = task_lines(found(tmp_path))
    assert (line.ours, line.runs) == ("25", "2 (1 failed)")


def test_unfinished_runs_and_those_of_others_are_left_out(tmp_path):
    save(tmp_path, "snarks", 1, 2)
    save(tmp_path, "navigate", 1, 2, status="interrupted")
    save(tmp_path, "hyperbaton", 1, 2)
    only = {"snarks-copro-False-0", "navigate-copro-False-0"}
    assert [line.subset for line in task_lines(found(tmp_path, only))] == ["snarks"]


def test_a_mock_is_called_one(tmp_path):
    save(tmp_path, "snarks", 1, 2, mock=True, llm="mock")
    assert task_lines(found(tmp_path))[0].llm == "mock, not a model"


def test_made_up_subsets_have_no_paper(tmp_path):
    save(tmp_path, "generated/navigate", 1, 2)
    (line,) = mean_lines(found(tmp_path))
    assert (line.over, line.paper, line.printed) == ("made-up files", "-", "-")


def test_all_forms_hold_the_same_cells(tmp_path):
    save(tmp_path / "runs", "navigate", 183, 230)
    paths = write(found(tmp_path / "runs"), tmp_path / "tables", "table1")
    assert [path.name for path in paths] == [
        f"table1_{what}.{ending}" for what in ("tasks", "means") for ending in ("csv", "md", "tex")
    ]
    for k, lines in ((0, task_lines), (3, mean_lines)):
        rows = list(csv.reader(paths[k].read_text().splitlines()))
        ours = lines(found(tmp_path / "runs"))
        assert len(rows) == len(ours) + 1
        for line in ours:
            cells = [line.ours, line.method, line.difference]
            assert all(cell in paths[k + 1].read_text() for cell in cells)
            assert all(cell.replace("_", r"\_") in paths[k + 2].read_text() for cell in cells)
        assert accuracy_tables.NOTES["tasks" if k == 0 else "means"] in paths[k + 1].read_text()


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    save(tmp_path / "runs", "navigate", 183, 230)
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="Cannot write .*file"):
        write(found(tmp_path / "runs"), tmp_path / "file", "table1")


def test_every_method_of_the_paper_has_numbers():
    assert set(TABLE.methods) == set(published("bbh_summary.csv"))
    assert all(set(row) == set(TABLE.methods) for row in published("bbh_table.csv").values())
    assert accuracies.VARIANT.sub("", "logical_deduction_three_objects") == "logical_deduction"
