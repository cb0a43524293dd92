from math import inf

import pytest

from trace_bench.curves import curve, load_curves
from trace_bench.groups import grouped
from trace_bench.store import RunFolder
from trace_core import UserError

from .test_groups import config
from .test_record import record
from .test_rows import row


def save(out, seed: int, scores, status: str = "finished", **changes) -> None:
    one = record(id=f"toy-walk-s{seed}", seed=seed, status=status, config=config(seed), **changes)
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
