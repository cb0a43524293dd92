import json

import pytest

from trace_bench.plan import plan
from trace_bench.runner import execute
from trace_bench.store import TRACES, RunFolder
from trace_bench.traces import read_traces


def driven(tmp_path, *overrides: str, on_row=lambda row: None):
    (run,) = plan(["task=numerical", "llm=mock", "iterations=3", *overrides])
    folder = RunFolder(tmp_path / run.id)
    execute(run, folder, on_row)
    return folder


def values(drawing) -> dict[str, str]:
    return {box.lines[0]: box.lines[2] for box in drawing.boxes}


def test_every_step_has_its_trace_with_the_parameters_as_they_were(tmp_path):
    folder = driven(tmp_path, "optimizer=adam")
    rows, traces = folder.rows(), read_traces(folder.path)
    assert list(traces) == [0, 1, 2, 3]
    for row in rows:
        assert values(traces[row.iteration])["input_x0"] == repr(row.parameters["input_x"])
    assert len({row.parameters["input_x"] for row in rows}) == 4


def test_nodes_have_the_names_that_the_llm_reads(tmp_path):
    folder = driven(tmp_path, "optimizer=optoprime")
    prompt = folder.rows()[2].llm.exchanges[0]["request"]["messages"][1]["content"]
    drawing = read_traces(folder.path)[2]
    inside = [box for box in drawing.boxes if box.on_path]
    assert len(inside) > 2
    for box in inside:
        assert f"{box.lines[0]} = " in prompt or f"{box.lines[0]}=" in prompt


def test_a_structure_is_written_once(tmp_path):
    folder = driven(tmp_path, "optimizer=adam")
    lines = [json.loads(line) for line in (folder.path / TRACES).read_text().splitlines()]
    assert [line.get("like") for line in lines] == [None, 0, 0, 0]
    assert "boxes" in lines[0]
    assert "boxes" not in lines[1]
    traces = read_traces(folder.path)
    assert traces[0].edges == traces[3].edges
    assert "input_x0" in traces[3].svg


def test_a_failure_has_a_trace_of_its_own(tmp_path):
    (run,) = plan(["task=battleship", "task.boards=2", "optimizer=optoprime", "llm=mock",
                   "sandbox=inprocess", "iterations=0"])  # fmt: skip
    folder = RunFolder(tmp_path / run.id)
    execute(run, folder, lambda row: None)
    (drawing,) = read_traces(folder.path).values()
    assert folder.rows()[0].error
    assert "exception" in {box.kind for box in drawing.boxes}


class Crash(BaseException):
    """Stands for a kill."""


def test_resuming_gives_the_traces_of_an_unbroken_run(tmp_path):
    def crash(row):
        if row.iteration == 1:
            raise Crash

    with pytest.raises(Crash):
        driven(tmp_path / "broken", "optimizer=adam", on_row=crash)
    broken, whole = (driven(tmp_path / name, "optimizer=adam") for name in ("broken", "whole"))
    assert (broken.path / TRACES).read_bytes() == (whole.path / TRACES).read_bytes()


def test_what_is_damaged_or_torn_is_a_picture_less(tmp_path):
    folder = driven(tmp_path, "optimizer=adam")
    path = folder.path / TRACES
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([lines[0], "oops\n", lines[2], lines[3][:-5]]))
    assert list(read_traces(folder.path)) == [0, 2]
    path.write_text("".join(["{}\n", *lines[1:]]))
    assert read_traces(folder.path) == {}
    path.unlink()
    assert read_traces(folder.path) == {}
