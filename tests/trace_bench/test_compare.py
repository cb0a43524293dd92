import io
import json

import pytest
from rich.console import Console

from trace_bench.cli import app
from trace_bench.compare import compare
from trace_bench.comparison_table import show
from trace_bench.record import Metrics
from trace_bench.store import RunFolder
from trace_core import UserError

from .test_groups import config
from .test_record import record


def save(out, optimizer: str, seed: int, score: float | None, **changes) -> None:
    settings = config(seed)
    settings["optimizer"] = {**settings["optimizer"], "name": optimizer, "step": 0.5}
    metrics = Metrics(final=score)
    given = {"status": "finished", "metrics": metrics, "config": settings, **changes}
    one = record(id=f"toy-{optimizer}-s{seed}", seed=seed, optimizer=optimizer, **given)
    (out / one.id).mkdir(parents=True)
    RunFolder(out / one.id).write(one)


@pytest.fixture
def out(tmp_path):
    for seed in range(8):
        save(tmp_path, "walk", seed, 3.0 + seed)
        save(tmp_path, "run", seed, 1.0 + seed / 2)
    return tmp_path


def test_methods_are_compared_on_common_problems(out):
    save(out, "walk", 8, 1.0)
    (found,) = compare("optimizer=walk", "optimizer=run", out)
    assert (found.a, found.b, found.only_a, found.only_b) == ("walk", "run", 1, 0)
    assert (found.result.n, found.result.better) == (8, 8)
    assert found.verdict == (
        "B better on 8 of 8 problems, worse on 0; median difference B - A -3.75 [-5, -2.5]. "
        "B is better: p = 0.0078."
    )


def test_a_task_with_other_settings_is_another_one_and_says_which(tmp_path):
    for size in (3, 7):
        for optimizer in ("walk", "run"):
            settings = {**config(size), "optimizer": {"name": optimizer}}
            settings["task"] = {**settings["task"], "size": size}
            save(tmp_path, optimizer, size, 1.0, config=settings)
    found = compare("optimizer=walk", "optimizer=run", tmp_path)
    assert [each.task for each in found] == ["toy task.size=3", "toy task.size=7"]


def test_a_failed_run_counts_as_the_worst(out):
    save(out, "walk", 8, 1.0)
    save(out, "run", 8, None, status="failed")
    (found,) = compare("optimizer=walk", "optimizer=run", out)
    assert (found.result.n, found.result.worse) == (9, 1)


def test_a_difference_that_is_not_shown_is_called_so(tmp_path):
    for seed in range(6):
        save(tmp_path, "walk", seed, 1.0)
        save(tmp_path, "run", seed, 1.0 + (-1) ** seed)
    (found,) = compare("optimizer=walk", "optimizer=run", tmp_path)
    assert "No difference is shown" in found.verdict


def test_few_problems_are_too_few_to_tell(tmp_path):
    for name in ("walk", "run"):
        save(tmp_path, name, 0, 1.0)
    assert "too few to tell" in compare("optimizer=walk", "optimizer=run", tmp_path)[0].verdict


def test_folders_can_be_compared(out, tmp_path_factory):
    after = tmp_path_factory.mktemp("after")
    for seed in range(8):
        save(after, "walk", seed, 0.0)
    with pytest.raises(UserError, match="two runs of one problem"):
        compare(str(out), str(after), out)
    assert compare("optimizer=walk", str(after), out)[0].result.better == 8


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("optimizer=wlak", "chooses no finished run. There are: run, walk"),
        ("walk", "neither a folder nor KEY=VALUE"),
        ("optimizer=walk,", "'' is not KEY=VALUE"),
        ("task=toy", "chooses two runs of one problem, toy-run-s0 and toy-walk-s0"),
        ("optimizer=run,seed=99", "chooses no finished run"),
    ],
)
def test_descriptions_that_make_no_sense_are_one_line(out, words, told):
    with pytest.raises(UserError, match=told):
        compare(words, "optimizer=run", out)


def test_nothing_in_common_is_one_line(out):
    with pytest.raises(UserError, match="no finished runs of a common problem"):
        compare("optimizer=walk,seed=1", "optimizer=run,seed=2", out)


def test_an_unknown_metric_is_one_line(out):
    with pytest.raises(UserError, match="no metric 'speed'. It has: score"):
        compare("optimizer=walk", "optimizer=run", out, "speed")


def test_the_terminal_says_direction_test_and_mock(out):
    save(out, "walk", 8, 1.0, mock=True)
    save(out, "run", 8, 1.0)
    console = Console(file=io.StringIO(), width=80)
    show(compare("optimizer=walk", "optimizer=run", out), console)
    text = console.file.getvalue()
    assert "(lower is better)" in text
    assert "Wilcoxon signed-rank test: p = 0.0078" in text
    assert "no result about a model" in text


def test_the_command_prints_json(out, capsys):
    app(
        ["compare", "optimizer=walk", "optimizer.name=run", "--out", str(out), "--json"],
        standalone_mode=False,
    )
    (found,) = json.loads(capsys.readouterr().out)
    assert found["result"]["better"] == 8
    assert found["verdict"].startswith("B better on 8 of 8")


def test_failures_on_all_problems_are_a_difference(out):
    for seed in range(8):
        save(out, "fails", seed, None, status="failed", worst=None)
    (found,) = compare("optimizer=walk", "optimizer=fails", out)
    assert found.verdict == (
        "B better on 0 of 8 problems, worse on 8; median difference B - A inf [inf, inf]. "
        "A is better: p = 0.0078."
    )


def test_failures_of_both_have_no_middle(tmp_path):
    for seed in range(6):
        for name, fails in (("walk", seed % 2), ("run", 1 - seed % 2)):
            status = "failed" if fails else "finished"
            save(tmp_path, name, seed, 1.0, status=status, worst=None)
    (found,) = compare("optimizer=walk", "optimizer=run", tmp_path)
    assert "No difference is shown" in found.verdict


def test_a_metric_is_as_good_as_its_task_says(tmp_path):
    for seed in range(6):
        for name, loss in (("walk", 3.0), ("run", 1.0)):
            held_out = {"loss": loss + seed / 10, "gain": -loss}
            metrics = Metrics(final=0.0, held_out=held_out)
            save(tmp_path, name, seed, None, metrics=metrics, lower_metrics=["loss"])
    for metric in ("loss", "gain"):
        (found,) = compare("optimizer=walk", "optimizer=run", tmp_path, metric)
        assert found.result.better == 6
        assert "B is better: p = " in found.verdict
    save(tmp_path, "run", 6, None, status="failed", lower_metrics=["loss"])
    metrics = Metrics(held_out={"loss": float("nan"), "gain": 0.0})
    save(tmp_path, "walk", 6, None, metrics=metrics, lower_metrics=["loss"])
    (found,) = compare("optimizer=walk", "optimizer=run", tmp_path, "loss")
    assert (found.result.better, found.result.tied) == (6, 1)


def test_the_verdict_is_the_tests(tmp_path):
    """An interval of medians holds 0 where many are tied, and is too narrow for seven pairs."""
    for seed in range(30):
        save(tmp_path, "walk", seed, 1.0)
        save(tmp_path, "run", seed, 0.5 if seed < 14 else 1.0)
        if seed < 7:
            save(tmp_path, "swim", seed, 1.5 if seed else 0.1)
    (found,) = compare("optimizer=walk", "optimizer=run", tmp_path)
    assert (found.result.better, found.result.worse, found.shown) == (14, 0, "better")
    assert found.verdict.endswith(f"B is better: p = {found.adjusted:.2g}.")
    (found,) = compare("optimizer=walk", "optimizer=swim", tmp_path)
    assert found.result.difference.low > 0 or found.result.p > 0.05
    assert (found.result.worse, found.shown) == (6, "nothing")


def test_two_runs_that_solved_their_problem_are_tied(tmp_path):
    for seed in range(6):
        save(tmp_path, "walk", seed, 1e-9, stop_reason="solved")
        save(
            tmp_path, "run", seed, 2e-9 if seed else 3.0, stop_reason="solved" if seed else "budget"
        )
    (found,) = compare("optimizer=walk", "optimizer=run", tmp_path)
    assert (found.result.tied, found.result.worse) == (5, 1)


def test_unequal_budgets_are_said(tmp_path):
    for seed in range(6):
        save(tmp_path, "walk", seed, 1.0)
        longer = {**config(seed), "iterations": 60, "optimizer": {"name": "run"}}
        save(tmp_path, "run", seed, 0.5, config=longer)
    (found,) = compare("optimizer=walk", "optimizer=run", tmp_path)
    assert found.budgets == "unequal budgets: A might make 2 updates, B 60"


def test_a_run_is_not_compared_with_itself(out):
    with pytest.raises(UserError, match="both choose the run toy-walk-s0"):
        compare("optimizer=walk", "optimizer.step=0.50,optimizer=walk", out)


def changed(seed, **changes):
    settings = config(seed)
    return {
        **settings,
        "optimizer": {**settings["optimizer"], "name": "walk", "step": 0.5},
    } | changes


@pytest.mark.parametrize(
    "changes",
    [{"optimizer": {"name": "walk", "step": 0.9}}, {"iterations": 100}, {"llm": {"name": "x"}}],
)
def test_one_side_is_one_method(out, changes):
    for seed in range(8, 12):
        save(out, "walk", seed, 1.0, config=changed(seed, **changes))
        save(out, "run", seed, 1.0)
    with pytest.raises(
        UserError, match=r"A is more than one method: walk .*\(8 runs\), walk .*\(4"
    ):
        compare("optimizer=walk", "optimizer=run", out)


def test_unfinished_runs_are_counted(out, capsys):
    save(out, "walk", 8, None, status="interrupted")
    save(out, "walk", 9, None, status="running")
    save(out, "run", 9, 1.0)
    save(out, "run", 10, 1.0)
    (found,) = compare("optimizer=walk", "optimizer=run", out)
    assert (found.only_a, found.only_b, found.unfinished_a, found.unfinished_b) == (0, 1, 2, 0)
    words = ["optimizer=walk", "optimizer=run", "--out", str(out)]
    app(["compare", *words], standalone_mode=False)
    assert "left out, unfinished: 2 of A, 0 of B" in capsys.readouterr().out


def test_a_folder_and_settings_choose_together(out, tmp_path_factory, capsys):
    after = tmp_path_factory.mktemp("after")
    for seed in range(8):
        save(after, "walk", seed, 0.0)
        save(after, "run", seed, 0.0)
    (after / "torn").mkdir()
    (after / "torn" / "steps.jsonl").write_text("")
    words = (f"{out},optimizer=walk", f"{after},optimizer=walk")
    assert compare(*words, out)[0].result.better == 8
    nothing = str(tmp_path_factory.mktemp("nothing"))
    app(["compare", *words, "--out", nothing], standalone_mode=False)
    assert "torn is left out" in capsys.readouterr().err


def test_a_mistyped_key_is_refused_also_where_it_is_negated(out):
    with pytest.raises(UserError, match="No run has the setting 'iteratons'. Did you mean 'iter"):
        compare("optimizer=walk,iteratons!=100", "optimizer=run", out)


def test_failures_on_either_side_have_no_median(tmp_path):
    for seed in range(6):
        ends = ("failed", "finished") if seed % 2 else ("finished", "failed")
        for name, status in zip(("walk", "run"), ends, strict=True):
            save(tmp_path, name, seed, 1.0 if status == "finished" else None, status=status)
    (found,) = compare("optimizer=walk", "optimizer=run", tmp_path)
    assert "there is no median difference" in found.verdict
    assert "nan" not in found.verdict
