import csv
from math import inf

import pytest

from trace_bench.curves import load_curves
from trace_bench.published import PublishedCurve
from trace_bench.tables import as_csv, as_latex, as_markdown, beside, lines, write
from trace_core import UserError

from .test_curves import save
from .test_groups import config

PAPER = [
    PublishedCurve("their walk", "optimizer=walk", ((0, 3.0), (1, 2.5), (5, 2.0))),
    PublishedCurve("swim", "optimizer=swim", ((0, 3.0), (5, 0.1))),
]


def table(out):
    return lines(load_curves(out)["toy"], PAPER)


def test_our_mean_stands_beside_the_papers_after_as_many_updates(tmp_path):
    for seed in range(6):
        save(tmp_path, seed, [9, 6, 3 + seed])
    ours, theirs = table(tmp_path)
    assert (ours.method, ours.paper, ours.n) == ("walk", "2.5", "6")
    assert ours.mean.startswith("5.5 [")
    assert ours.difference.startswith("3 [")
    assert (theirs.method, theirs.paper, theirs.mean, theirs.n) == ("swim", "0.1", "-", "-")


def test_numbers_are_those_of_the_figure(tmp_path):
    for seed in range(6):
        save(tmp_path, seed, [9, 6, 3 + seed])
    (curve,) = load_curves(tmp_path)["toy"]
    drawn = dict(curve.estimates("median"))[2]
    assert table(tmp_path)[0].median == f"{drawn.value:g} [{drawn.low:g}, {drawn.high:g}]"


def test_failures_are_counted_and_count(tmp_path):
    save(tmp_path, 0, [9, 6, 3])
    save(tmp_path, 1, [9], status="failed")
    found = table(tmp_path)[0]
    assert (found.n, found.mean, found.difference) == ("2 (1 failed)", str(inf), "-")


def test_a_mock_is_called_one(tmp_path):
    save(tmp_path, 0, [9, 6], llm="mock", mock=True)
    assert table(tmp_path)[0].llm == "mock, not a model"


def test_nothing_ended_is_a_line_without_numbers(tmp_path):
    save(tmp_path, 0, [9, 6], status="interrupted")
    assert table(tmp_path)[0].mean == "-"


def test_all_forms_hold_the_same_cells(tmp_path):
    save(tmp_path, 0, [9, 6, 3])
    cells = beside(load_curves(tmp_path)["toy"], PAPER, "error in %")
    read = list(csv.reader(as_csv(cells).splitlines()))
    markdown = [line.strip("| ").split(" | ") for line in as_markdown(cells).splitlines()]
    assert markdown[0] == read[0]
    assert markdown[2:4] == read[1:]
    latex = as_latex(cells)
    assert latex.count(r"\\") == 3
    assert "their" not in latex


def test_special_characters_are_escaped(tmp_path):
    save(tmp_path, 0, [9], llm="a|b_c", mock=False)
    cells = beside(load_curves(tmp_path)["toy"], PAPER, "m")
    assert r"a\|b_c" in as_markdown(cells)
    assert r"a|b\_c" in as_latex(cells)


def test_files_are_written_or_refused_in_one_line(tmp_path):
    save(tmp_path, 0, [9])
    cells = beside(load_curves(tmp_path)["toy"], PAPER, "m")
    paths = write(cells, tmp_path / "new", "fig9")
    assert [path.name for path in paths] == ["fig9.csv", "fig9.md", "fig9.tex"]
    assert all(path.read_text() for path in paths)
    (tmp_path / "taken").write_text("")
    with pytest.raises(UserError, match="Cannot write"):
        write(cells, tmp_path / "taken" / "x", "fig9")


def test_the_papers_number_is_for_the_line_that_has_results(tmp_path):
    save(tmp_path, 0, [9, 6], status="interrupted", config=config(0, speed=1), id="toy-a")
    assert (table(tmp_path)[0].paper, table(tmp_path)[0].mean) == ("2", "-")
    save(tmp_path, 0, [9, 6, 3], config=config(0, speed=2), id="toy-b")
    assert [(line.paper, line.mean) for line in table(tmp_path)[:2]] == [("-", "-"), ("2.5", "3")]


def test_different_numbers_of_updates_are_said(tmp_path):
    save(tmp_path, 0, [9, 6, 3])
    assert "different numbers" not in beside(load_curves(tmp_path)["toy"], PAPER, "x").note
    save(tmp_path, 0, [9, 6, 3, 2], id="toy-long", config={**config(0), "iterations": 3})
    found = beside(load_curves(tmp_path)["toy"], PAPER, "x")
    assert [row[found.columns.index("updates")] for row in found.rows] == ["2", "3", "-"]
    assert "different numbers of updates" in found.note
