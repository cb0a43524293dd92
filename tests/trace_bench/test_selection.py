import pytest

from trace_bench.selection import Selection
from trace_core import UserError

from .test_groups import config
from .test_record import record


def test_runs_are_chosen_by_settings_and_by_what_they_are_not():
    one = record(config=config(lr=0.1))
    for words in ("optimizer=walk", "optimizer.lr=0.1,task=toy", "optimizer.lr!=1", "task.size!=2"):
        assert one in Selection.of(words)
    for words in ("optimizer=swim", "optimizer.lr!=0.1", "optimizer=walk,task.size=2"):
        assert one not in Selection.of(words)


def test_none_is_written_as_null():
    assert record(config=config(lr=None)) in Selection.of("optimizer.lr=null")
    assert record(config=config(lr=None)) not in Selection.of("optimizer.lr!=null")


def test_what_is_no_pair_is_one_line():
    with pytest.raises(UserError, match="'walk' is not KEY=VALUE"):
        Selection.of("optimizer=walk,walk")


@pytest.mark.parametrize("words", ["0.10", "1e-1", ".1"])
def test_numbers_may_be_written_in_any_way(words):
    assert record(config=config(lr=0.1)) in Selection.of(f"optimizer.lr={words}")
    assert record(config=config(lr=True)) not in Selection.of("optimizer.lr=1")
