import json
from concurrent.futures import Future

import pytest

from trace_bench.attempt import attempt
from trace_bench.executors._base import Lane
from trace_bench.job import Ended
from trace_bench.plan import plan
from trace_bench.sweep import require_writable, states, sweep
from trace_core import UserError
from trace_core.llm import MockLLM

from .quiet import Quiet, toys

pytestmark = pytest.mark.usefixtures("plugin")


class Diary:
    """A progress that remembers what it was told."""

    def __init__(self):
        self.entries = []

    def says(self, text):
        self.entries.append(text)

    def started(self, out):
        pass

    def ended(self, record, *, skipped):
        self.entries.append(("skipped" if skipped else record.status, record.seed))


def runs(*overrides):
    return plan(["task=toy", "optimizer=toy_walk", "llm=mock", *overrides], multirun=True)


def test_every_run_is_driven_once_and_never_again(tmp_path):
    diary = Diary()
    records = sweep(runs("seed=range(2)"), tmp_path, diary)
    assert [r.status for r in records] == ["finished"] * 2
    again = sweep(runs("seed=range(3)"), tmp_path, diary)
    assert again[:2] == records
    assert diary.entries == [
        ("finished", 0),
        ("finished", 1),
        ("skipped", 0),
        ("skipped", 1),
        ("finished", 2),
    ]


def test_a_run_that_fails_does_not_stop_the_others(tmp_path):
    flag = tmp_path / "flag"
    flag.write_text("")
    wanted = runs(f"task.fails_while={flag}", "seed=range(3)")
    assert [r.status for r in sweep(wanted, tmp_path / "out", Diary())] == ["failed"] * 3
    flag.unlink()
    assert [r.status for r in sweep(wanted, tmp_path / "out", Diary())] == ["finished"] * 3


def test_an_llm_that_cannot_be_asked_stops_everything_before_any_folder(tmp_path, monkeypatch):
    def fail(self):
        raise UserError("no key")

    monkeypatch.setattr(MockLLM, "check", fail)
    with pytest.raises(UserError, match="no key"):
        sweep(runs("optimizer=toy_reader"), tmp_path, Diary())
    assert list(tmp_path.iterdir()) == []


def test_an_llm_is_checked_once(tmp_path, monkeypatch):
    checks = []
    monkeypatch.setattr(MockLLM, "check", lambda self: checks.append(self))
    sweep(runs("optimizer=toy_reader", "seed=range(3)"), tmp_path, Diary())
    sweep(runs("optimizer=toy_walk", "seed=range(3)"), tmp_path, Diary())
    assert len(checks) == 1


def test_an_endpoint_that_dies_leaves_what_was_done_and_can_be_resumed(tmp_path, monkeypatch):
    complete, answers = MockLLM.complete, []

    def die(self, request):
        if len(answers) == 8:
            raise UserError("the endpoint is down")
        answers.append(request)
        return complete(self, request)

    monkeypatch.setattr(MockLLM, "complete", die)
    wanted = runs("optimizer=toy_reader", "seed=range(3)", "task.tolerance=1e-9", "executor=inline")
    with pytest.raises(UserError, match="endpoint is down"):
        sweep(wanted, tmp_path, Diary())
    found = states(wanted, tmp_path)
    assert [r and r.status for r in found] == ["finished", "interrupted", None]
    assert found[1].stop_reason == "the endpoint is down"
    monkeypatch.setattr(MockLLM, "complete", complete)
    broken = sweep(wanted, tmp_path, Diary())
    unbroken = sweep(wanted, tmp_path / "unbroken", Diary())
    assert [r.metrics for r in broken] == [r.metrics for r in unbroken]


def test_the_first_call_of_a_run_that_fails_leaves_no_folder(tmp_path, monkeypatch):
    def die(self, request):
        raise UserError("the endpoint is down")

    monkeypatch.setattr(MockLLM, "complete", die)
    with pytest.raises(UserError, match="endpoint is down"):
        sweep(runs("optimizer=toy_reader"), tmp_path, Diary())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="Choose another folder with --out DIR"):
        require_writable(tmp_path / "file" / "runs")


class LosesTheFirst(Lane):
    """A cluster whose node died a moment ago: its claim is not old enough to be taken over."""

    slots = 1

    def submit(self, jobs):
        return [self.ended(job) for job in jobs]

    def ended(self, job):
        done = Future()
        if job.run.seed:
            done.set_result(attempt(job.run, job.folder))
        else:
            job.folder.make()
            held = {"token": "t", "host": "node7", "pid": 99, "machine": "x", "locked": True}
            (job.folder.path / ".claim.1").write_text(json.dumps(held | {"beat_s": 10.0}) + "\n")
            done.set_result(Ended("died", "the cluster ended its job 17 (OUT_OF_MEMORY)"))
        return done


def test_a_run_that_is_lost_elsewhere_does_not_end_the_sweep(tmp_path, plugin, monkeypatch):
    monkeypatch.setattr("trace_bench.sweep._executor", lambda run: LosesTheFirst())
    runs = toys("seed=0,1,2", "sweep.retries=0")
    records = sweep(runs, tmp_path, Quiet())
    assert [record.seed for record in records if record.status == "finished"] == [1, 2]
