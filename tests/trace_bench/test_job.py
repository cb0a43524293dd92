import json

import pytest

from trace_bench.attempt import job
from trace_bench.job import Ended, read_job, write_job
from trace_bench.store import RunFolder
from trace_core import UserError

from .quiet import toys

pytestmark = pytest.mark.usefixtures("plugin")


@pytest.fixture
def folder(tmp_path) -> RunFolder:
    (run,) = toys("iterations=2", "seed=3", "optimizer.rate=0.5")
    folder = RunFolder(tmp_path / run.id)
    write_job(run, folder)
    return folder


def test_a_folder_is_all_that_a_job_needs(folder):
    (run,) = toys("iterations=2", "seed=3", "optimizer.rate=0.5")
    again = read_job(folder.path)
    assert (again.id, again.config, again.executor) == (run.id, run.config, run.executor)
    assert job(str(folder.path)) == Ended("done")
    assert folder.record().status == "finished"


def test_a_sandbox_is_the_one_that_was_planned(tmp_path):
    (run,) = toys("task=battleship_demo", "optimizer=toy_reader", "sandbox=auto")
    folder = RunFolder(tmp_path / run.id)
    write_job(run, folder)
    data = json.loads((folder.path / "job.json").read_text())
    assert data["config"]["sandbox"]["kind"] == run.sandbox.name != "auto"
    assert read_job(folder.path).id == run.id


def test_a_run_that_would_be_another_here_is_refused(folder):
    path = folder.path / "job.json"
    data = json.loads(path.read_text())
    path.write_text(json.dumps(data | {"id": "toy-toy_walk-s3-00000000"}))
    with pytest.raises(UserError, match="was planned as toy-toy_walk-s3-00000000 and is toy-"):
        read_job(folder.path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 99}'])
def test_a_damaged_job_is_one_line(folder, text):
    (folder.path / "job.json").write_text(text)
    assert job(str(folder.path)).how == "refused"
    assert "is damaged or of another version" in job(str(folder.path)).why


def test_the_command_does_one_run(shell, folder):
    assert shell("job", str(folder.path)).code == 0
    assert folder.record().status == "finished"
    assert shell("job", str(folder.path)).code == 0
    assert "Cannot read" in shell("job", "nowhere").one_line()


def test_the_command_says_that_a_run_failed(shell, tmp_path):
    (tmp_path / "flag").write_text("")
    (run,) = toys(f"task.fails_while={tmp_path / 'flag'}")
    write_job(run, RunFolder(tmp_path / run.id))
    ended = shell("job", str(tmp_path / run.id))
    assert ended.code == 1
    assert "failed: RuntimeError: the toy broke with two lines" in ended.err


def test_a_worker_answers_with_data_only(folder):
    assert Ended(**json.loads(json.dumps(Ended("died", "why").as_json()))) == Ended("died", "why")


def test_a_folder_that_another_process_removes_is_made_again(tmp_path, monkeypatch):
    """One that came to nothing removes its folder, which somebody may just have planned to use."""
    (run,) = toys()
    folder, made = RunFolder(tmp_path / run.id), []
    make = RunFolder.make

    def make_and_lose(self):
        make(self)
        if not made:
            self.path.rmdir()
        made.append(self)

    monkeypatch.setattr(RunFolder, "make", make_and_lose)
    write_job(run, folder)
    assert len(made) == 2
    assert read_job(folder.path).id == run.id
    (folder.path / "job.json").unlink()
    assert job(str(folder.path)).how == "busy"
