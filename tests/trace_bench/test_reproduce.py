import io
import json

import pytest
from rich.console import Console

from trace_bench import experiments, published, registry
from trace_bench.cli import Size, app
from trace_bench.commands import reproduce_command
from trace_bench.experiments import Experiment
from trace_bench.plan import plan
from trace_bench.reproduce import Reproduced, names, reproduce, require_limit
from trace_bench.reproduce_report import show
from trace_core import UserError

ADAM = ["optimizer=adam,random_search", "seed=range(2)", "iterations=1"]


def made(tmp_path, others=(), llm: str | None = None) -> Reproduced:
    console = Console(file=io.StringIO())
    out, figures = tmp_path / "runs", tmp_path / "figures"
    (found,) = reproduce(["fig5a_numerical"], "smoke", llm, others, out, figures, console)
    return found


def test_an_experiment_is_run_once_and_drawn(tmp_path):
    first = made(tmp_path, ADAM)
    assert (first.ran, first.before, first.left_out) == (4, 0, {})
    assert {path.suffix for path in first.files} == {".png", ".svg", ".pdf", ".csv", ".md", ".tex"}
    assert all(path.stat().st_size for path in first.files)
    again = made(tmp_path, ADAM)
    assert (again.ran, again.before) == (0, 4)


def test_other_runs_in_the_folder_stay_out_of_the_figure(tmp_path):
    made(tmp_path, ["optimizer=random_search", "seed=range(3)", "iterations=1"])
    found = made(tmp_path, ["optimizer=random_search", "seed=range(2)", "iterations=1"])
    table = next(path for path in found.files if path.suffix == ".csv")
    assert "random_search" in table.read_text()
    assert ",2,1,0,-" in table.read_text().splitlines()[1]


def test_a_run_that_cannot_be_made_is_left_out_and_said(tmp_path, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    only = ["optimizer=random_search,optoprime", "seed=range(2)", "iterations=1"]
    found = made(tmp_path, only, llm="openai")
    assert found.ran == 2
    assert list(found.left_out) == ["numerical optoprime"]
    assert len(found.left_out["numerical optoprime"]) == 2
    console = Console(file=io.StringIO(), width=100)
    show([found], console)
    text = console.file.getvalue()
    assert "2 runs made, 0 finished before, 2 left out" in text
    assert "left out: numerical optoprime (2 ×): " in text
    assert "OPENAI_API_KEY" in text


def test_a_mock_is_counted(tmp_path):
    only = ["optimizer=optoprime", "seed=0", "iterations=1"]
    found = made(tmp_path, only, llm="mock")
    assert found.mock == found.ran == 1


def test_without_a_name_no_llm_is_asked(tmp_path, chat_server):
    only = ["optimizer=random_search,optoprime", "seed=0", "iterations=1", "llm=openai"]
    found = made(tmp_path, only)
    assert (found.ran, list(found.left_out)) == (1, ["numerical optoprime"])
    assert "--llm NAME" in found.left_out["numerical optoprime"][0]
    assert not chat_server.requests
    assert made(tmp_path, only, llm="openai").ran == 1
    assert made(tmp_path, only).before == 2


def test_what_may_cost_money_wants_a_limit(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for llm in ("openai", "auto"):
        with pytest.raises(UserError, match=f"--llm {llm} may cost money: .* --usd X"):
            reproduce_command(
                ["demo"], Size.SMALL, llm, None, None, tmp_path, tmp_path, as_json=False
            )
    require_limit("openai", ["sweep.usd=1.0"])
    require_limit("mock", [])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("word", "llm", "message"),
    [
        ("seed=3", "mock", "'seed=3' cannot be set here"),
        ("llm=local", None, "'llm=local' cannot be set here.*--llm NAME"),
        ("llm.seed=3", None, "'llm.seed=3' is a setting of an LLM: name it with --llm NAME"),
        ("llm.modell=a", "local", "llm=local has no key 'llm.modell'. Did you mean 'llm.model'"),
    ],
)
def test_other_settings_are_one_line(tmp_path, word, llm, message):
    with pytest.raises(UserError, match=message):
        reproduce_command(
            ["demo", word], Size.SMALL, llm, None, None, tmp_path, tmp_path, as_json=False
        )
    assert list(tmp_path.iterdir()) == []


def test_a_limit_is_for_all_runs_together(tmp_path, chat_server):
    only = ["optimizer=optoprime", "seed=range(4)", "iterations=2", "executor=inline"]
    found = made(tmp_path, [*only, "sweep.tokens=1"], llm="openai")
    assert found.ran == 0
    reasons = found.left_out["numerical optoprime"]
    assert len(reasons) == 4
    assert reasons[0].startswith("sweep.tokens=1 reached by all runs together")
    assert all("A larger one goes on from here" in reason for reason in reasons)
    assert len(chat_server.requests) == 1
    again = made(tmp_path, [*only, "sweep.tokens=1000000"], llm="openai")
    assert (again.ran, again.left_out) == (4, {})
    assert len(chat_server.requests) == 8


def test_all_are_those_that_make_a_figure_of_the_paper():
    found = names(["all"])
    assert {"fig5a_numerical", "fig5b_traffic"} <= set(found)
    assert "demo" not in found


def test_unknown_names_are_one_line():
    with pytest.raises(UserError, match="Did you mean 'fig5b_traffic'"):
        names(["fig5b_trafic"])
    with pytest.raises(UserError, match="Name an experiment, or 'all'"):
        names([])
    with pytest.raises(UserError, match="has no size 'small'. It has: paper"):
        experiments.of_size("demo", "small")


@pytest.mark.parametrize("name", registry.names("experiment"))
@pytest.mark.parametrize("size", experiments.SIZES)
def test_every_size_of_every_experiment_can_be_planned(name, size):
    for sweep in experiments.load(name).sized(size) or []:
        assert plan([*sweep, "llm=mock"], multirun=True)


@pytest.mark.parametrize("name", registry.names("experiment"))
def test_every_figure_names_curves_that_the_paper_has(name):
    for figure in experiments.load(name).figures:
        if figure.paper is None:
            continue
        assert published.curves(figure.paper, figure.methods)


def test_a_size_is_overrides_or_sweeps_of_its_own():
    both = Experiment(
        description="",
        sweeps=[["task=a", "seed=1"], ["task=b"]],
        small=["seed=2"],
        smoke=[["task=c"]],
    )
    assert both.sized("small") == [["task=a", "seed=2"], ["task=b", "seed=2"]]
    assert both.sized("smoke") == [["task=c"]]


def test_a_broken_file_is_one_line(monkeypatch):
    monkeypatch.setattr(registry, "config", lambda *_: {"description": "", "sweep": []})
    with pytest.raises(UserError, match="needs a value for 'sweeps'|has no key 'sweep'"):
        experiments.load("demo")


def test_the_papers_figures_are_known_by_name():
    with pytest.raises(UserError, match="no figure 'fig5c_traffic'. Did you mean"):
        published.curves("fig5c_traffic", {})
    with pytest.raises(UserError, match="has no method 'cma'. It has: adam"):
        published.curves("fig5a_numerical", {"cma": "optimizer=cma"})


def test_the_command_prints_what_it_made_with_the_llms_settings(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        app(["reproduce", "fig5a_numerical", "llm.seed=7", "--size", "smoke", "--json"])
    assert stopped.value.code == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["mock"] > 0
    assert len(found["files"]) == 6
    records = [json.loads(file.read_text()) for file in tmp_path.glob("results/runs/*/run.json")]
    asking = [record["config"]["llm"] for record in records if record["llm"]]
    assert len(asking) == found["mock"]
    assert {llm["seed"] for llm in asking} == {7}
