import re

import pytest
from matplotlib import rcParams

from trace_bench.curves import load_curves
from trace_bench.figures import draw
from trace_bench.published import PublishedCurve
from trace_core import UserError

from .test_curves import save
from .test_groups import config


def drawn(out, statistics=("mean",)) -> tuple[str, list]:
    ((task, curves),) = load_curves(out).items()
    paths = draw(task, curves, list(statistics), out.parent / "figures")
    return paths[1].read_text(encoding="utf-8"), paths


def words(svg: str) -> str:
    """Return the text of a figure, wrapped lines joined."""
    return " ".join(" ".join(re.findall(r">([^<]+)<", svg)).split())


@pytest.fixture
def out(tmp_path):
    return tmp_path / "runs"


def test_a_figure_is_a_png_and_an_svg_that_name_what_they_show(out):
    for seed in range(6):
        save(out, seed, [10.0 + seed, 5.0 + seed, 1.0 + seed])
    svg, (png, _, pdf) = drawn(out, ("median", "iqm", "mean"))
    assert png.name == "toy-score-median-iqm-mean.png"
    assert png.read_bytes().startswith(b"\x89PNG")
    assert pdf.read_bytes().startswith(b"%PDF")
    for text in ("Median", "Interquartile mean", "Mean", "distance (toys)", "walk: n = 6"):
        assert text in svg
    assert "95 % bootstrap" in svg
    assert "mock" not in svg


def test_equal_runs_give_equal_files_whatever_a_library_has_set(out, monkeypatch):
    for seed in range(6):
        save(out, seed, [10.0 + seed, 5.0 + seed])
    _, first = drawn(out)
    before = [path.read_bytes() for path in first]
    monkeypatch.setitem(rcParams, "font.family", ["monospace"])  # as UXsim does
    _, again = drawn(out)
    assert [path.read_bytes() for path in again] == before


def test_a_mock_is_labelled_in_the_figure(out):
    for seed in range(3):
        save(out, seed, [3, 2, 1], llm="mock", mock=True)
    svg, _ = drawn(out)
    assert "walk (mock LLM, not a model): n = 3, too few for an interval" in svg
    assert "The mock LLM answers at random" in words(svg)


def test_what_is_left_out_is_said(out):
    for seed in range(5):
        save(out, seed, [3, 2, 1])
    save(out, 5, [3, 2], status="interrupted")
    save(out, 6, [3, 2], status="failed")
    save(out, 7, [3, None, 1])
    svg, _ = drawn(out)
    assert "walk: n = 7, 1 of them failed, 1 unfinished, left out, 1 failed iterations" in svg
    assert "Failures count as the worst score" in words(svg)


def test_lines_over_different_seeds_are_said(out):
    said = "Not all lines are over the same seeds"
    for seed in range(5):
        save(out, seed, [3, 2, 1])
        save(out, seed, [3, 3, 2], id=f"toy-fast-s{seed}", config=config(seed, speed=2))
    assert said not in words(drawn(out)[0])
    save(out, 5, [3, 2, 1])
    assert said in words(drawn(out)[0])


@pytest.mark.parametrize(
    "scores",
    [
        [0.0, 0.0, 0.0],
        [1.0, 1.0, 1.0],
        [1000.0, 1.0, 0.0],
        [1000.0, 1.0, 0.001],
        [-1.0, 5.0, 1000.0],
        [-3.0, -2.0, -1.0],
        [1e-300, 1e300, 0.0],
        [1.0, float("inf"), 2.0],
        [3, None, None],
    ],
)
def test_every_range_of_values_can_be_drawn(out, scores):
    for seed in range(6):
        save(out, seed, scores)
    assert drawn(out)[0]


def test_long_runs_and_many_optimizers_can_be_drawn(out):
    for seed in range(9):
        save(out / "x", seed, [float(i) for i in range(101)], optimizer=f"walk{seed}")
    config_of = load_curves(out / "x")
    assert draw("toy", config_of["toy"], ["median"], out / "figures")


def test_nothing_finished_is_one_line(out):
    save(out, 0, [3], status="running")
    with pytest.raises(UserError, match="No run of toy is finished"):
        drawn(out)


def test_an_unknown_statistic_is_one_line(out):
    save(out, 0, [3, 2, 1])
    with pytest.raises(UserError, match="no statistic 'medain'. Did you mean 'median'"):
        drawn(out, ["medain"])


def test_a_figure_that_cannot_be_written_is_one_line(out, tmp_path):
    save(out, 0, [3, 2, 1])
    (tmp_path / "figures").write_text("a file")
    with pytest.raises(UserError, match="Cannot write .*figures"):
        drawn(out)


def test_the_papers_means_are_dashed_lines_in_the_panel_of_the_mean(out):
    for seed in range(6):
        save(out, seed, [3, 2, 1])
    paper = [
        PublishedCurve("walk", "optimizer=walk", ((0, 3.0), (2, 0.5))),
        PublishedCurve("swim", "optimizer=swim", ((0, 3.0), (2, 0.1))),
    ]
    ((task, curves),) = load_curves(out).items()
    _, svg, _ = draw(task, curves, ["mean", "iqm"], out.parent, published=paper, stem="fig9")
    assert svg.name == "fig9.svg"
    text = svg.read_text(encoding="utf-8")
    assert text.count("the paper's swim, not run here") == 1
    assert "the paper's means, each in the colour of our line" in text
    assert "read off its figure" in " ".join(" ".join(re.findall(r">([^<]+)<", text)).split())


def test_a_mock_is_a_watermark_too(out):
    save(out, 0, [3, 2, 1], llm="mock", mock=True)
    assert drawn(out, ("mean", "iqm"))[0].count("MOCK LLM") == 2


def test_an_infinite_end_of_an_interval_leaves_the_figure_and_that_is_said(out):
    for seed in range(8):
        save(out, seed, [30.0 + seed, 20.0 + seed], worst=None)
    for seed in range(8, 11):
        save(out, seed, [30.0 + seed], status="failed", worst=None)
    svg, _ = drawn(out, ("median",))
    assert "A band that leaves the figure goes much further" in svg
    assert re.search(r'id="\w*PolyCollection_1"', svg), "the band is drawn"
