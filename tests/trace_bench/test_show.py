import pytest

from trace_bench.show import find, pick
from trace_core import UserError

from .test_curves import save
from .test_rows import row


def test_a_run_is_found_by_its_folder_or_by_a_part_of_its_name(tmp_path):
    for seed in (1, 2, 10):
        save(tmp_path, seed, [1])
    assert find(str(tmp_path / "toy-walk-s2"), tmp_path).path.name == "toy-walk-s2"
    assert find("s2", tmp_path).path.name == "toy-walk-s2"
    assert find("toy-walk-s1", tmp_path).path.name == "toy-walk-s1"


def test_a_part_of_several_names_is_not_enough(tmp_path):
    for seed in (1, 10):
        save(tmp_path, seed, [1])
    with pytest.raises(UserError, match="part of 2 runs: toy-walk-s1, toy-walk-s10"):
        find("walk", tmp_path)


def test_an_unknown_run_is_one_line(tmp_path):
    with pytest.raises(UserError, match="There is no run 'x'"):
        find("x", tmp_path / "nowhere")


def test_a_step_that_was_not_reached_is_one_line(tmp_path):
    save(tmp_path, 0, [1, 2])
    folder = find("s0", tmp_path)
    assert pick([row(0), row(1)], 1, folder).iteration == 1
    with pytest.raises(UserError, match="no step 7; it has 0 to 1"):
        pick([row(0), row(1)], 7, folder)
    with pytest.raises(UserError, match="no step -1"):
        pick([row(0), row(1)], -1, folder)
    with pytest.raises(UserError, match="it has none"):
        pick([], 0, folder)
