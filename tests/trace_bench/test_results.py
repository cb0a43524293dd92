import pytest

from trace_bench.results import half_written, numbers, readable, results
from trace_core import UserError

from .test_curves import save
from .test_rows import row


def test_the_numbers_of_all_runs_are_read_without_their_texts(tmp_path):
    save(tmp_path, 0, [3, 2])
    save(tmp_path, 1, [4])
    first, second = results(tmp_path)
    assert [r.score for r in first.rows] == [3, 2]
    assert (first.rows[0].parameters, first.rows[0].metrics) == ({}, {"held_out": 2.0})
    assert [r.record.seed for r in results(tmp_path, {second.record.id})] == [1]


def test_numbers_keep_what_a_row_took():
    full = row(3, 1.0, seconds=2.5, feedback="larger")
    slim = numbers(full)
    assert (slim.seconds, slim.iteration, slim.llm, slim.feedback) == (2.5, 3, full.llm, "")


def test_half_written_folders_are_named(tmp_path):
    save(tmp_path, 0, [3])
    (tmp_path / "begun").mkdir()
    (tmp_path / ".cache").mkdir()
    (tmp_path / "notes.txt").write_text("")
    (found,) = half_written(tmp_path)
    assert found.folder.name == "begun"
    assert "no run.json" in found.reason


def test_a_damaged_record_does_not_hide_the_others(tmp_path):
    save(tmp_path, 0, [3])
    save(tmp_path, 1, [3])
    (tmp_path / "toy-walk-s1" / "run.json").write_text('{"schema": 99}')
    (tmp_path / "begun").mkdir()
    good, left_out = readable(tmp_path)
    assert [folder.path.name for folder in good] == ["toy-walk-s0"]
    assert [each.folder.name for each in left_out] == ["begun", "toy-walk-s1"]
    assert "another version" in left_out[1].reason
    with pytest.raises(UserError, match="another version"):
        results(tmp_path)
