"""The script runs, goes on where it stopped, and drives the published library over pipes.

In that library's place stands `trace_core.compat`, which has its names.
"""

import json
import runpy
import sys
from pathlib import Path

import pytest

from tests import chat_server as servers
from trace_bench.tasks.traffic import problem

SCRIPT = Path(__file__).parents[2] / "scripts" / "compare_with_trace_opt.py"
STAND_IN = {
    "__init__": "",
    "trace": "from trace_core.compat import GRAPH, ExecutionError, bundle, node\n",
    "optimizers": "from trace_core.compat.optimizers import OptoPrime\n",
}


@pytest.fixture
def stand_in(tmp_path):
    folder = tmp_path / "site" / "opto"
    folder.mkdir(parents=True)
    for name, text in STAND_IN.items():
        (folder / f"{name}.py").write_text(text)
    return folder.parent


@pytest.fixture
def compare(monkeypatch, capsys, stand_in):
    """Run the script in this process; what it printed, or the line of a user's error."""
    monkeypatch.setenv("PYTHONPATH", str(stand_in))
    monkeypatch.syspath_prepend(SCRIPT.parent)

    def run(out, *arguments):
        monkeypatch.setattr(sys, "argv", [str(SCRIPT), "--out", str(out), *arguments])
        try:
            runpy.run_path(str(SCRIPT), run_name="__main__")
        except SystemExit as ended:
            assert ended.code == 2
            return capsys.readouterr().err.splitlines()[-1]
        return capsys.readouterr().out

    return run


SMALL = ("--problems", "1", "--steps", "2", "--methods")


def test_a_table_of_both_libraries_is_made_and_resumed(chat_server, tmp_path, compare) -> None:
    methods = ["OptoPrime, schema", "control: another trace", "published, schema"]
    arguments = [tmp_path / "out", *SMALL, *methods, "--baseline", sys.executable]
    first = compare(*arguments)
    assert len(chat_server.requests) == 6
    table = json.loads((tmp_path / "out" / "table.json").read_text())
    assert [row["method"] for row in table["rows"]] == methods
    assert [row["usable_percent"] for row in table["rows"]] == [100, 100, 100]
    assert "| published, schema | 1 | 100 % of 2 |" in first
    assert compare(*arguments) == first
    assert len(chat_server.requests) == 6


def test_the_control_is_shown_another_problems_trace(chat_server, tmp_path, compare) -> None:
    compare(tmp_path / "out", *SMALL, "OptoPrime, schema", "control: another trace")
    prompts = [request["messages"][-1]["content"] for request in chat_server.requests[::2]]
    code = [text.partition("\n#Code\n")[2].partition("#Documentation")[0] for text in prompts]
    feedback = [text.partition("\n#Feedback\n")[2] for text in prompts]
    assert code[0] != code[1]
    assert feedback[0] == feedback[1]


def test_both_libraries_tune_a_crossing(chat_server, tmp_path, compare, monkeypatch) -> None:
    pytest.importorskip("uxsim")
    methods = ["OptoPrime, schema", "published, schema"]
    outside = {"reasoning": "", "answer": "", "suggestion": {"EW_green0": 3, "NS_green0": 3}}
    chat_server.script = [servers.filled, servers.filled, servers.text(json.dumps(outside))]
    arguments = [tmp_path / "out", "--task", "traffic", *SMALL, *methods]
    told = compare(*arguments, "--baseline", sys.executable)
    assert "median final delay score" in told
    steps = [json.loads(p.read_text()) for p in sorted((tmp_path / "out").glob("*/0.json"))]
    assert [set(each[0]["values"]) for each in steps] == [{"EW_green", "NS_green"}] * 2
    assert steps[0][0]["score"] == steps[1][0]["score"] > 0, "both begin alike"
    prompts = [request["messages"][-1]["content"] for request in chat_server.requests]
    for shown in (
        "crossing with 15 s green for EW",
        "overall_score",
        "a whole number of seconds",
        "The overall score is",
    ):
        assert all(shown in prompts[k] for k in (0, 2)), shown
    assert "the green time for EW must be a whole number" in prompts[3]
    assert "(ValueError) (ValueError)" not in prompts[3]
    for body in chat_server.requests:
        form = body["response_format"]["json_schema"]["schema"]["properties"]["suggestion"]
        limits = {"type": "integer", "minimum": 15, "maximum": 90}
        assert form["properties"] == {"EW_green0": limits, "NS_green0": limits}, "asked alike"
    for operator in (problem.create_world, problem.simulate_fixed, problem.analyze):
        assert all(operator.__doc__ in prompts[k] for k in (0, 2)), "described alike"
    monkeypatch.delenv("OPENAI_API_KEY")
    assert "final delay score" in compare(tmp_path / "out", "--report"), "needs no key"


def test_without_methods_all_that_fit_are_run(chat_server, tmp_path, compare) -> None:
    pytest.importorskip("uxsim")
    few = ["--task", "traffic", "--problems", "1", "--steps", "1"]
    told = compare(tmp_path / "out", *few, "--baseline", sys.executable)
    assert "published, free" in told and "control" not in told
    asked = len(chat_server.requests)
    control = compare(tmp_path / "other", *few, "--methods", "OPRO", "control: another trace")
    assert "is for numerical problems" in control
    assert len(chat_server.requests) == asked, "it is refused before anything is asked"


def test_what_the_user_can_mend_is_one_line(chat_server, tmp_path, compare) -> None:
    out = tmp_path / "out"
    assert "holds no results" in compare(out, "--report")
    compare(out, *SMALL, "OPRO")
    assert "use another --out" in compare(out, *SMALL, "OPRO", "--temperature", "0.5")
    python = ["--baseline", sys.executable]
    (tmp_path / "site" / "opto" / "optimizers.py").unlink()
    assert "has no trace-opt" in compare(out, *SMALL, "published, free", *python)
