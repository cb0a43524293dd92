from math import inf

import pytest

from trace_bench import tables
from trace_bench.captions import legend
from trace_bench.record import Metrics
from trace_bench.setting_curves import along
from trace_core import UserError

from .test_groups import config
from .test_record import record


def runs(*finals, size=1, **settings):
    return [
        record(
            id=f"{size}-{seed}-{settings}",
            seed=seed,
            config=config(seed, size=size, **settings),
            metrics=Metrics(final=value),
        )
        for seed, value in enumerate(finals)
    ]


def test_final_values_are_drawn_along_a_setting():
    found = along([*runs(1, 2, size=3), *runs(5, 7, size=9)], "task.size")
    (curve,) = found["toy"]
    assert (curve.group.label, curve.axis) == ("walk", "task.size")
    assert (curve.places, curve.values) == ((3, 9), ((1, 2), (5, 7)))
    assert [(x, e.value) for x, e in curve.estimates("mean")] == [(3, 1.5), (9, 6)]


def test_other_settings_still_make_other_lines():
    found = along([*runs(1, size=3, lr=1), *runs(5, size=9, lr=2)], "task.size")["toy"]
    assert [curve.group.label for curve in found] == ["walk optimizer.lr=1", "walk optimizer.lr=2"]


def test_failures_count_as_the_worst():
    failed = record(id="f", status="failed", seed=9, config=config(9, size=3))
    (curve,) = along([*runs(1, None, size=3), failed], "task.size")["toy"]
    assert curve.values == ((1, inf, inf),)
    assert curve.failures == 1


def test_the_table_has_a_line_for_each_place():
    curves = along([*runs(1, 2, size=3), *runs(5, 7, size=9)], "task.size")["toy"]
    table = tables.along(curves, "distance")
    assert [row[:3] for row in table.rows] == [("walk", "3", "1.5"), ("walk", "9", "6")]
    assert "task.size" in table.note


def test_a_setting_that_is_no_number_is_one_line():
    with pytest.raises(UserError, match=r"optimizer.name is no number in 1-0"):
        along(runs(1), "optimizer.name")
    with pytest.raises(UserError, match=r"No run has the setting 'task.length'"):
        along(runs(1), "task.length")


def test_the_legend_counts_the_runs_of_a_point():
    curves = along([*runs(1, 2, size=3), *runs(5, 7, 9, size=9)], "task.size")["toy"]
    assert legend(curves[0]) == "walk: n = 2 to 3 at each place, too few for an interval"
