import io
import json

import pytest
from rich.console import Console

from trace_bench.cli import app
from trace_bench.code_versions import changes, is_code, show, versions
from trace_core import UserError

from .test_rows import row

OLD, NEW = "def act(x):\n    return 1", "def act(x):\n    return x"


def rows(*codes: str, scores=(1.0, 2.0, 3.0)) -> list:
    return [
        row(i, score, parameters={"act_code": code, "x": 1.0})
        for i, (code, score) in enumerate(zip(codes, scores, strict=False))
    ]


def test_equal_code_is_one_version_with_all_its_scores():
    first, second = versions(rows(OLD, NEW, OLD))
    assert (first.iterations, first.scores) == ((0, 2), (1.0, 3.0))
    assert first.title == "iterations 0, 2: score 1, 3"
    assert second.title == "iteration 1: score 2"
    assert first.code == {"act_code": OLD}


def test_a_diff_shows_what_changed():
    first, second = versions(rows(OLD, NEW))
    lines = list(changes(first, second))
    assert "-    return 1" in lines and "+    return x" in lines


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (OLD, True),
        ("async def f(): pass", True),
        ("import math\n\ndef act(x):\n    return math.pi", True),
        ("def act(", True),
        ("x = 1", False),
        (3, False),
    ],
)
def test_code_is_told_from_text(value, expected):
    assert is_code(value) is expected


def test_a_run_without_code_is_one_line():
    with pytest.raises(UserError, match="no code: leave --code and --diff out"):
        versions([row(0)])


@pytest.mark.parametrize("diff", [False, True])
def test_all_versions_are_printed(diff):
    console = Console(file=io.StringIO(), width=80)
    show(versions(rows(OLD, NEW)), console, diff=diff)
    text = console.file.getvalue()
    assert "return 1" in text and "return x" in text
    assert ("+    return x" in text) is diff


def test_a_file_gets_the_code_as_it_is_and_a_terminal_colours():
    long = "def act(x):\n    return [" + ", ".join(["x"] * 100) + "]"
    file, terminal = (
        Console(file=io.StringIO(), width=40, force_terminal=forced, color_system=colours)
        for forced, colours in ((False, None), (True, "standard"))
    )
    for console in (file, terminal):
        show(versions(rows(long)), console, diff=False)
    assert f"\n{long}\n" in file.file.getvalue()
    assert "\x1b[" in terminal.file.getvalue()


# A whole run, by the command line

REASON = ["def reason(self, map):", "    return None"]
ACT = [
    "def act(self, map, plan):",
    "    return next([r, c] for r in range(5) for c in range(5) if map[r][c] == '.')",
]
LATER = {"suggestion": {"reason_code0": REASON, "act_code0": ACT}}
BROKEN = {"suggestion": {"act_code0": ["def act(self, map):", "    return [0, 0]"]}}


def test_a_run_learns_code_and_shows_it(tmp_path, capsys):
    replies = json.dumps([json.dumps(BROKEN), json.dumps(LATER)])
    words = ["task=battleship_demo", "task.boards=4", "llm=mock", f"llm.replies={replies}"]
    out = ["--out", str(tmp_path)]
    with pytest.raises(SystemExit) as stopped:
        app(["run", *words, "optimizer=optoprime", "iterations=2", *out, "--json"])
    assert stopped.value.code == 0
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    assert run["sandbox"] and run["metrics"]["held_out"]["legal_shots_percent"] == 100
    assert run["metrics"]["final"] > 30
    app(["show", run["id"], "--code", "--json", *out], standalone_mode=False)
    first, second = json.loads(capsys.readouterr().out)
    assert first["iterations"] == [0, 1], "the first suggestion has other arguments: not applied"
    assert second["code"]["act_code"] == "\n".join(ACT)
    assert second["scores"] == [run["metrics"]["final"]]
    app(["show", run["id"], "--step", "1", *out], standalone_mode=False)
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "it must take the arguments (self, map, plan), not (self, map)" in shown
