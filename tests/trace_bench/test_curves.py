from math import inf

import pytest

from trace_bench.curves import POINTS, curve, load_curves
from trace_bench.figures import draw
from trace_bench.groups import grouped
from trace_bench.outcomes import worst
from trace_bench.rows import LLMUse
from trace_bench.store import RunFolder
from trace_core import UserError

from .test_groups import config
from .test_record import record
from .test_rows import row


def save(out, seed: int, scores, status: str = "finished", **changes) -> None:
    given = {"id": f"toy-walk-s{seed}", "seed": seed, "status": status, "config": config(seed)}
    one = record(**{**given, **changes})
    folder = RunFolder(out / one.id)
    folder.path.mkdir(parents=True)
    folder.write(one)
    with folder.appending() as steps:
        for i, score in enumerate(scores):
            steps.add(row(i, score))


def test_a_curve_has_all_runs_at_every_iteration(tmp_path):
    save(tmp_path, 0, [3, 2, 1])
    save(tmp_path, 1, [6, 5, 4])
    (found,) = load_curves(tmp_path)["toy"]
    assert found.values == ((3, 6), (2, 5), (1, 4))
    assert [e.value for _, e in found.estimates("mean")] == [4.5, 3.5, 2.5]
    assert (found.n, found.failures) == (2, 0)


def test_a_run_that_was_solved_early_keeps_its_last_value(tmp_path):
    save(tmp_path, 0, [3, 0])
    save(tmp_path, 1, [6, 5, 4])
    (found,) = load_curves(tmp_path)["toy"]
    assert found.values[2] == (0, 4)


def test_unfinished_runs_are_left_out_but_counted(tmp_path):
    save(tmp_path, 0, [3, 2, 1])
    save(tmp_path, 1, [6, 5], status="interrupted")
    (found,) = load_curves(tmp_path)["toy"]
    assert found.values == ((3,), (2,), (1,))
    assert len(found.group.records) == 2


def test_a_failure_counts_as_the_worst(tmp_path):
    save(tmp_path, 0, [3, None, float("nan")])
    save(tmp_path, 1, [6, 5, 4])
    save(tmp_path, 2, [2], status="failed")
    (found,) = load_curves(tmp_path)["toy"]
    assert found.values == ((3, 6, 2), (inf, 5, inf), (inf, 4, inf))
    assert (found.n, found.failures) == (3, 2)
    assert [i for i, _ in found.estimates("mean")] == [0]


def test_a_task_may_say_what_its_worst_score_is(tmp_path):
    save(tmp_path, 0, [30, None, 20], worst=0.0, lower_is_better=False)
    save(tmp_path, 1, [40], status="failed", worst=0.0, lower_is_better=False)
    (found,) = load_curves(tmp_path)["toy"]
    assert found.values == ((30, 40), (0, 0), (20, 0))


def test_held_out_metrics_have_curves_too(tmp_path):
    save(tmp_path, 0, [3, 2, 1])
    (found,) = load_curves(tmp_path, "held_out")["toy"]
    assert found.values == ((2.0,), (2.0,), (2.0,))


def test_an_unknown_metric_is_one_line_with_those_that_exist(tmp_path):
    save(tmp_path, 0, [3, 2, 1])
    with pytest.raises(UserError, match="Did you mean 'held_out'.*There are: held_out, score"):
        load_curves(tmp_path, "heldout")


def test_no_runs_are_one_line(tmp_path):
    with pytest.raises(UserError, match="There are no runs in"):
        load_curves(tmp_path)


def test_a_group_in_which_nothing_is_finished_has_an_empty_curve():
    (group,) = grouped([record(status="running")])
    assert curve(group, []).values == ()


def spending(out, seed: int, scores, calls=(1, 2, 3), usd=0.5, seconds=2.0, **changes) -> None:
    save(out, seed, scores, **changes)
    folder = RunFolder(out / f"toy-walk-s{seed}")
    uses = [LLMUse(calls=n, prompt_tokens=10 * n, completion_tokens=n, usd=usd) for n in calls]
    rows = [
        row(i, score, llm=use, seconds=seconds)
        for i, (score, use) in enumerate(zip(scores, uses, strict=False))
    ]
    (folder.path / "steps.jsonl").write_text("".join(each.line() for each in rows))


def test_along_calls_a_run_has_what_it_had_reached_with_so_many(tmp_path):
    # The start costs nothing; the value after the first update, what iteration 0 took, and so on.
    spending(tmp_path, 0, [3, 2, 1], calls=(10, 20, 70))
    spending(tmp_path, 1, [6, 5, 4], calls=(50, 0, 0))
    (found,) = load_curves(tmp_path, axis="calls")["toy"]
    assert (found.axis, len(found.places)) == ("calls", POINTS)
    assert (found.places[0], found.places[-1]) == (0, 100)
    at = dict(zip(found.places, found.values, strict=True))
    assert at[0] == (3, 6)
    assert at[8] == (3, 6)
    assert at[10] == (2, 6)
    assert at[30] == (1, 6)
    assert at[50] == at[100] == (1, 4)


@pytest.mark.parametrize(("axis", "most"), [("tokens", 66), ("usd", 1.5), ("seconds", 6)])
def test_tokens_money_and_seconds_are_axes_too(tmp_path, axis, most):
    spending(tmp_path, 0, [3, 2, 1])
    (found,) = load_curves(tmp_path, axis=axis)["toy"]
    assert found.places[-1] == most
    assert found.values[0] == (3,)
    assert found.values[-1] == (1,)


def test_a_run_that_failed_is_the_worst_once_it_had_spent_all(tmp_path):
    spending(tmp_path, 0, [3, 2, 1], calls=(1, 1, 2))
    spending(tmp_path, 1, [3, 2], calls=(1, 1), status="failed")
    (found,) = load_curves(tmp_path, axis="calls")["toy"]
    at = dict(zip(found.places, found.values, strict=True))
    assert at[1.04] == (2, 2)
    assert at[2] == (1, inf)


def test_what_is_not_known_of_each_run_is_no_curve(tmp_path):
    spending(tmp_path, 0, [3, 2, 1])
    spending(tmp_path, 1, [3, 2, 1], usd=None)
    (found,) = load_curves(tmp_path, axis="usd")["toy"]
    assert (found.values, found.n) == ((), 2)
    with pytest.raises(UserError, match="No run of toy says what it took in usd"):
        draw("toy", [found], ["mean"], tmp_path / "figures")


def test_a_method_without_an_llm_has_no_curve_along_calls(tmp_path):
    save(tmp_path, 0, [3, 2])
    assert load_curves(tmp_path, axis="calls")["toy"][0].values == ()


def test_an_unknown_axis_is_one_line(tmp_path):
    with pytest.raises(UserError, match="There is no axis 'token'. Did you mean 'tokens'?"):
        load_curves(tmp_path, axis="token")


def test_the_last_estimate_is_the_curves_last(tmp_path):
    for seed in range(6):
        save(tmp_path, seed, [9, 6, 3 + seed])
    (found,) = load_curves(tmp_path)["toy"]
    assert found.last("iqm") == dict(found.estimates("iqm"))[2]


def test_the_worst_score_is_the_worst_under_its_own_name_too(tmp_path):
    known = {"worst": 0.0, "lower_is_better": False, "judged_by": "hit"}
    failed = record(status="failed", **known)
    assert worst(failed) == worst(failed, "hit") == 0
    assert worst(failed, "other") == -inf


def test_a_place_that_only_some_runs_have_a_value_at_is_none():
    ended = [record(seed=0, judged_by="accuracy"), record(seed=1, judged_by="accuracy")]
    (group,) = grouped([*ended, record(seed=2, judged_by="accuracy", worst=0.0, status="failed")])
    measured = [row(i, None, metrics={"accuracy": 0.7} if i == 2 else {}) for i in range(3)]
    found = curve(group, [measured, measured, [row(0, None, metrics={})]])
    assert found.values == ((), (), (0.7, 0.7, 0.0))
    assert found.estimates("mean")[0][0] == 2
