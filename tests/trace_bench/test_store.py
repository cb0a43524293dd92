import errno
import os

import pytest

from trace_bench.store import RunFolder, folders, write_whole
from trace_core import UserError

from .test_record import record
from .test_rows import row


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path / "runs" / "one")


def test_a_folder_appears_with_its_claim_and_goes_if_nothing_came_of_it(folder):
    with folder.claimed():
        folder.write(record())
        assert folder.record() == record()
    assert not folder.path.exists()


@pytest.mark.parametrize("kept", ["steps.jsonl", "llm.jsonl", "traceback.txt"])
def test_a_folder_with_results_stays(folder, kept):
    with folder.claimed():
        (folder.path / kept).write_text(row().line())
    assert (folder.path / kept).exists()


def test_a_folder_that_was_there_before_is_never_removed(folder):
    folder.path.mkdir(parents=True)
    (folder.path / "run.json").write_text('{"schema": 99}')
    with folder.claimed():
        pass
    assert (folder.path / "run.json").exists()


def test_what_others_put_into_a_folder_is_never_removed(folder):
    with folder.claimed():
        (folder.path / "notes.txt").write_text("mine")
    assert [p.name for p in folder.path.iterdir()] == ["notes.txt"]


def test_two_cannot_drive_one_run(folder):
    with (
        folder.claimed(),
        pytest.raises(UserError, match="is being run by another process"),
        RunFolder(folder.path).claimed(),
    ):
        pass
    with folder.claimed():
        pass


def test_rows_are_appended_after_a_torn_line_is_cut_off(folder):
    folder.path.mkdir(parents=True)
    (folder.path / "steps.jsonl").write_text(row(0).line() + row(1).line()[:-7])
    with folder.appending() as steps:
        steps.add(row(1))
        steps.add(row(2))
    assert [r.iteration for r in folder.rows()] == [0, 1, 2]


def test_a_row_is_in_the_file_at_once(folder):
    folder.path.mkdir(parents=True)
    with folder.appending() as steps:
        steps.add(row(0))
        assert len(folder.rows()) == 1


def test_a_full_disk_is_one_line(folder, monkeypatch):
    folder.path.mkdir(parents=True)

    def full(file, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    with folder.appending() as steps:
        monkeypatch.setattr("trace_bench.store.os.write", full)
        with pytest.raises(UserError, match=r"Cannot write .*steps\.jsonl: No space left"):
            steps.add(row(0))


def test_a_row_that_the_kernel_takes_in_parts_is_written_whole(folder, monkeypatch):
    folder.path.mkdir(parents=True)
    real = os.write
    monkeypatch.setattr("trace_bench.store.os.write", lambda file, data: real(file, data[:10]))
    with folder.appending() as steps:
        steps.add(row(0))
    assert len(folder.rows()) == 1


def test_a_failed_write_leaves_the_old_content(tmp_path, monkeypatch):
    path = tmp_path / "run.json"
    write_whole(path, "old")

    def full(file):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("trace_bench.store.os.fsync", full)
    with pytest.raises(UserError, match="No space left"):
        write_whole(path, "new")
    assert path.read_text() == "old"


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(UserError, match="choose a folder with --out DIR"),
        RunFolder(tmp_path / "file" / "run").claimed(),
    ):
        pass


def test_only_folders_with_a_record_are_runs(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "note.txt").write_text("")
    (tmp_path / "run").mkdir()
    RunFolder(tmp_path / "run").write(record())
    assert [f.path.name for f in folders(tmp_path)] == ["run"]
    with pytest.raises(UserError, match="There is no folder"):
        folders(tmp_path / "nowhere")
