"""The same sweep gives the same rows wherever its runs are driven."""

import pytest

from tests.chat_server import ChatServer
from trace_bench import registry
from trace_bench.executors import Lane
from trace_bench.plan import Run, plan
from trace_bench.runner import execute
from trace_bench.store import RunFolder
from trace_core import UserError

from .conftest import rows_of
from .quiet import Quiet, swept, toys

BBH = (
    "task=bbh",
    "task.subset=generated/word_sorting",
    "task.train=3",
    "task.validation=2",
    "task.examples=8",
)
SWEEPS = (
    ["task=numerical", "optimizer=random_search,adam", "seed=0,1", "iterations=4"],
    ["task=traffic", "task.engine=cpp", "optimizer=pso,random_search", "seed=0,1", "iterations=3"],
    ["task=battleship_demo", "optimizer=random_policy,hunt_target", "seed=0", "iterations=0"],
    ["task=agents,prompt_words", "optimizer=phrase_search", "seed=0,1", "iterations=4"],
    ["task=binary_digits", "optimizer=blind_search,subgraph_search", "seed=1", "iterations=4"],
    ["task=constraints,pipeline", "optimizer=cma_es,tpe", "seed=0", "iterations=3"],
    ["task=debugging", "optimizer=mutation_repair", "seed=0,1", "iterations=2"],
    ["task=mdp", "optimizer=q_learning,policy_iteration", "seed=0,1", "iterations=4"],
    ["task=mlp", "optimizer=adam", "seed=0,1", "iterations=3"],
    ["task=metaworld_reach", "optimizer=cma_es", "seed=0", "iterations=1"],
    [*BBH, "optimizer=dspy_program,copro", "llm=openai", "seed=0,1", "iterations=1"],
    ["task=numerical", "optimizer=optoprime,opro", "llm=openai", "seed=0,1", "iterations=3"],
    ["task=battleship_demo", "task.boards=3", "optimizer=optoprime", "llm=openai", "iterations=2"],
)


def planned(*words: str) -> list[Run]:
    return [run for sweep in SWEEPS for run in plan([*sweep, *words], multirun=True)]


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """The rows of every run, driven by hand one after the other, and the server that answered."""
    out = tmp_path_factory.mktemp("reference")
    with ChatServer() as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_BASE_URL", server.url)
        patch.setenv("OPENAI_API_KEY", server.key)
        for run in planned():
            assert execute(run, RunFolder(out / run.id)).status == "finished"
        yield rows_of(list(out.iterdir()))


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "executor",
    [
        ["executor=inline"],
        ["executor=threads", "executor.workers=5"],
        ["executor=processes", "executor.workers=3"],
    ],
)
def test_every_executor_gives_the_same_rows(tmp_path, reference, executor):
    records = swept(planned(*executor), tmp_path)
    assert {record.status for record in records} == {"finished"}
    assert rows_of(sorted(tmp_path.iterdir())) == reference


def test_these_are_all_tasks():
    kinds = {registry.config("task", name)["kind"] for name in registry.names("task")}
    assert {run.config["task"]["kind"] for run in planned()} == kinds


def test_nothing_is_left_beside_the_runs(tmp_path, plugin):
    swept(toys("seed=range(2)", "executor=threads"), tmp_path)
    assert {path.name[:3] for path in tmp_path.iterdir()} == {"toy"}


def lanes(*sweeps: list[str]) -> dict[str, list[str]]:
    """Which kinds of runs go where."""
    runs = [run for sweep in sweeps for run in plan(sweep, multirun=True)]
    found = runs[0].executor.build().lanes(runs)
    named: dict[str, list[str]] = {}
    for lane, members in found:
        assert isinstance(lane, Lane)
        kinds = sorted({run.optimizer.name for run in members})
        named.setdefault(type(lane).__name__, []).extend(kinds)
        lane.close()
    return named


NUMERICAL, TRAFFIC = ["task=numerical", "seed=0,1"], ["task=traffic", "seed=0,1"]


def test_auto_goes_by_what_runs_spend_their_time_on():
    assert lanes([*TRAFFIC, "optimizer=tpe"]) == {"Processes": ["tpe"]}
    assert lanes([*TRAFFIC, "optimizer=opro"]) == {"Processes": ["opro"]}
    assert lanes([*NUMERICAL, "optimizer=opro"]) == {"Threads": ["opro"]}
    assert lanes([*NUMERICAL, "optimizer=adam"]) == {"Inline": ["adam"]}
    assert lanes([*NUMERICAL, "optimizer=gp,pso,opro,adam"]) == {
        "Processes": ["gp", "pso"],
        "Threads": ["adam", "opro"],
    }
    assert lanes(["task=traffic", "optimizer=gp"]) == {"Inline": ["gp"]}


def test_what_was_recorded_waits_for_nobody():
    battleship = ["task=battleship", "optimizer=opro", "seed=0,1"]
    assert lanes([*battleship, "llm=mock"]) == {"Threads": ["opro"]}
    assert lanes([*battleship, "iterations=10", "llm=replay"]) == {"Processes": ["opro"]}
    assert lanes([*NUMERICAL, "optimizer=opro", "llm=replay"]) == {"Threads": ["opro"]}


def test_what_is_not_thread_safe_is_kept_apart():
    found = lanes([*NUMERICAL, "optimizer=pso,random_search", "executor=threads"])
    assert found == {"Threads": ["random_search"], "Processes": ["pso"]}


@pytest.mark.usefixtures("plugin")
def test_auto_says_where_runs_go():
    runs = toys("seed=range(3)", "optimizer=toy_reader")
    ((lane, members),) = runs[0].executor.build().lanes(runs)
    assert lane.explain(members) == "3 runs in threads, 3 at a time"
    lane.close()


@pytest.mark.usefixtures("plugin")
@pytest.mark.parametrize("words", [("executor=inline,threads",), ("seed=0,1", "sweep.calls=1,2")])
def test_a_sweep_has_one_executor_and_one_set_of_limits(words):
    with pytest.raises(UserError, match="are for the whole sweep: give one value"):
        toys(*words)


@pytest.mark.usefixtures("plugin")
@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("executor=treads", "Did you mean 'threads'"),
        ("executor.workers=0", "executor.workers=0 is not allowed"),
        ("sweep.usd=cheap", "sweep.usd="),
        ("sweep.call=3", "Did you mean 'sweep.calls'"),
    ],
)
def test_mistakes_are_one_line(word, message):
    with pytest.raises(UserError, match=message):
        toys("executor=threads", word) if "workers" in word else toys(word)


@pytest.mark.usefixtures("plugin")
def test_a_failure_does_not_stop_the_others_unless_that_is_wanted(tmp_path):
    flag = tmp_path / "flag"
    flag.write_text("")
    runs = toys(f"task.fails_while={flag}", "seed=range(4)", "executor=inline")
    assert [r.status for r in swept(runs, tmp_path / "all")] == ["failed"] * 4
    first = swept(runs, tmp_path / "first", fail_fast=True)
    assert [r.status for r in first] == ["failed"]
    assert len(list((tmp_path / "first").iterdir())) == 1


@pytest.mark.usefixtures("plugin")
def test_what_is_under_way_at_the_first_failure_comes_to_its_end(tmp_path):
    flag = tmp_path / "flag"
    flag.write_text("")
    failing = toys(f"task.fails_while={flag}", "seed=0", "executor=threads")
    slow = toys("task.delay_s=0.1", "seed=30,31", "iterations=8", "executor=threads")
    records = swept([*failing, *slow], tmp_path / "runs", fail_fast=True)
    assert [r.status for r in records] == ["failed", "finished", "finished"]


@pytest.mark.usefixtures("plugin")
def test_progress_is_told_where_runs_go(tmp_path):
    from trace_bench.sweep import sweep

    quiet = Quiet()
    sweep(toys("seed=0,1", "executor=threads"), tmp_path, quiet)
    assert quiet.said == ["2 runs in threads, 2 at a time"]
