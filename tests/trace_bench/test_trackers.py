import logging
import threading
import time

import pytest

from trace_bench.plan import plan
from trace_bench.runner import execute
from trace_bench.store import RunFolder
from trace_bench.trackers import Tracker, mirror, mirroring
from trace_bench.trackers.hook import numbers, results
from trace_core import UserError

from .test_curves import save
from .test_record import Metrics, record
from .test_rows import row


class Memory(Tracker):
    """Remembers what it is told; stands for another package's tracker."""

    told: list = []
    fails_at: int | None = None

    def begin(self, record):
        self.told.append(("begin", record.id))
        return 0

    def step(self, record, row):
        if row.iteration == self.fails_at:
            raise ConnectionError("no server")
        self.told.append(("step", record.id, row.iteration))

    def end(self, record):
        self.told.append(("end", record.id, record.status))


@pytest.fixture
def memory(monkeypatch):
    monkeypatch.setattr(Memory, "told", [])
    monkeypatch.setattr("trace_bench.trackers.mirrors.load", lambda name, out: Memory(out))
    return Memory


def test_a_tracker_is_told_of_every_step_once(tmp_path, memory):
    save(tmp_path, 0, [3, 2])
    save(tmp_path, 1, [4], status="failed")
    assert mirror(tmp_path, ["memory"], tmp_path / "trackers") == 2
    assert memory.told == [
        ("begin", "toy-walk-s0"),
        ("step", "toy-walk-s0", 0),
        ("step", "toy-walk-s0", 1),
        ("end", "toy-walk-s0", "finished"),
        ("begin", "toy-walk-s1"),
        ("step", "toy-walk-s1", 0),
        ("end", "toy-walk-s1", "failed"),
    ]


def until(condition) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_runs_are_followed_while_they_go_on(tmp_path, memory, monkeypatch):
    monkeypatch.setattr("trace_bench.trackers.mirrors.EVERY_S", 0.01)
    save(tmp_path, 7, [9])  # finished before: left alone
    threads = threading.active_count()
    with mirroring(tmp_path, ["memory"], tmp_path / "trackers", pytest.fail):
        save(tmp_path, 0, [3], status="running")
        until(lambda: ("step", "toy-walk-s0", 0) in memory.told)
        with RunFolder(tmp_path / "toy-walk-s0").appending() as steps:
            steps.add(row(1, 2.0))
        until(lambda: ("step", "toy-walk-s0", 1) in memory.told)
    assert memory.told == [
        ("begin", "toy-walk-s0"),
        ("step", "toy-walk-s0", 0),
        ("step", "toy-walk-s0", 1),
        ("end", "toy-walk-s0", "running"),
    ]
    assert threading.active_count() == threads


def test_a_tracker_that_fails_is_told_and_ends_nothing(tmp_path, memory, monkeypatch):
    monkeypatch.setattr(memory, "fails_at", 1)
    said = []
    with mirroring(tmp_path / "runs", ["memory"], tmp_path, said.append):
        save(tmp_path / "runs", 0, [3, 2, 1])
    assert said == [
        "The tracker memory stopped: ConnectionError: no server. `trace-bench track` goes on."
    ]
    with pytest.raises(UserError, match="The tracker memory refuses: ConnectionError: no server"):
        mirror(tmp_path / "runs", ["memory"], tmp_path)


def test_an_unknown_tracker_is_one_line(tmp_path):
    with pytest.raises(UserError, match="There is no tracker 'tensorbord'. Did you mean 'tensorb"):
        mirror(tmp_path, ["tensorbord"], tmp_path)


def test_a_missing_package_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "wandb", None)
    monkeypatch.delitem(
        __import__("sys").modules, "trace_bench.trackers.wandb_tracker", raising=False
    )
    with pytest.raises(UserError, match=r"pip install 'trace-bench\[wandb\]'"):
        mirror(tmp_path, ["wandb"], tmp_path)


def test_numbers_are_finite():
    assert numbers(row(0, float("nan")))["metrics/held_out"] == 2.0
    assert "score" not in numbers(row(0, float("nan")))
    ended = record(metrics=Metrics(final=float("inf"), best=1.0))
    assert results(ended) == {"best": 1.0}


@pytest.fixture
def runs(tmp_path):
    for run in plan(["task=numerical", "optimizer=adam", "iterations=2", "seed=0"]):
        execute(run, RunFolder(tmp_path / "runs" / run.id), lambda row: None)
    return tmp_path / "runs"


def scalars(folder):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    logging.getLogger("tensorboard").setLevel(logging.ERROR)
    found = EventAccumulator(str(folder))
    found.Reload()
    return {
        tag: [(e.step, e.value) for e in found.Scalars(tag)] for tag in found.Tags()["scalars"]
    }, found


def test_tensorboard_shows_the_log(runs):
    pytest.importorskip("tensorboard")
    mirror(runs, ["tensorboard"], runs.parent / "trackers")
    mirror(runs, ["tensorboard"], runs.parent / "trackers")  # again: nothing is doubled
    (folder,) = (runs.parent / "trackers" / "tensorboard").iterdir()
    (run,) = [RunFolder(path) for path in runs.iterdir()]
    found, events = scalars(folder)
    assert found["score"] == [(r.iteration, pytest.approx(r.score)) for r in run.rows()]
    final = run.record().metrics.final
    assert found["result/final"] == [(2, pytest.approx(final))]
    assert {"config", "feedback"} <= set(events.Tags()["tensors"])


# MLflow uses what SQLAlchemy 2.1 deprecates.
@pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")
@pytest.mark.slow
def test_mlflow_shows_the_log(runs, monkeypatch):
    mlflow = pytest.importorskip("mlflow")
    pytest.importorskip("sqlalchemy")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    out = runs.parent / "trackers"
    mirror(runs, ["mlflow"], out)
    mirror(runs, ["mlflow"], out)
    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{out / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("trace-bench numerical")
    (found,) = client.search_runs([experiment.experiment_id])
    (run,) = [RunFolder(path) for path in runs.iterdir()]
    history = client.get_metric_history(found.info.run_id, "score")
    assert [(m.step, m.value) for m in history] == [(r.iteration, r.score) for r in run.rows()]
    assert found.data.params["optimizer.lr"] == "0.1"
    assert found.info.status == "FINISHED"


@pytest.mark.slow
def test_wandb_writes_the_log_offline(runs, monkeypatch):
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    mirror(runs, ["wandb"], runs.parent / "trackers")
    (folder,) = (runs.parent / "trackers" / "wandb").glob("offline-run-*")
    (written,) = folder.glob("*.wandb")
    (run,) = runs.iterdir()
    data = written.read_bytes()
    assert run.name.encode() in data
    assert b"The output" not in data
    assert data.count(b"score") >= 3


def test_the_command_line_mirrors_while_it_runs(shell):
    pytest.importorskip("tensorboard")
    done = shell("run", "task=toy", "optimizer=toy_walk", "iterations=2", "--track", "tensorboard")
    assert done.code == 0, done
    (folder,) = (shell.folder / "results" / "trackers" / "tensorboard").iterdir()
    assert folder.name == shell.runs()[0].name
    assert shell("run", "task=toy", "--track", "nothing").one_line()
    again = shell("track", "tensorboard")
    assert "1 runs are in tensorboard" in again.out


def test_a_run_that_goes_on_after_an_interruption_is_followed_to_its_end(
    tmp_path, memory, monkeypatch
):
    monkeypatch.setattr("trace_bench.trackers.mirrors.EVERY_S", 0.01)
    save(tmp_path, 0, [3], status="interrupted")
    folder = RunFolder(tmp_path / "toy-walk-s0")
    with mirroring(tmp_path, ["memory"], tmp_path / "trackers", pytest.fail):
        until(lambda: ("step", "toy-walk-s0", 0) in memory.told)
        with folder.appending() as steps:
            steps.add(row(1, 2.0))
        folder.write(folder.record().model_copy(update={"status": "finished"}))
        until(lambda: memory.told[-1] == ("end", "toy-walk-s0", "finished"))
    assert [told[0] for told in memory.told] == ["begin", "step", "step", "end"]
