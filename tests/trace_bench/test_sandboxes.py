import pytest

from trace_bench import registry, sandboxes
from trace_bench.plan import Run, plan
from trace_bench.runner import execute
from trace_bench.store import RunFolder
from trace_core import UserError, sandbox

pytestmark = pytest.mark.usefixtures("plugin")


@pytest.fixture
def runs_code(plugin, monkeypatch):
    monkeypatch.setattr(registry.load("task", "toy"), "runs_code", True)


def one(*overrides: str) -> Run:
    (run,) = plan(["task=toy", "optimizer=toy_walk", "llm=mock", "iterations=1", *overrides])
    return run


def test_a_task_without_code_has_no_sandbox(tmp_path):
    run = one("sandbox=none")
    assert "sandbox" not in run.config
    record = execute(run, RunFolder(tmp_path / run.id), lambda row: None)
    assert record.sandbox is None


def test_auto_is_resolved_before_the_run_has_its_name(runs_code):
    run = one()
    assert run.config["sandbox"]["name"] == sandbox.resolve("auto")
    assert run.config["sandbox"]["call_s"] == 5.0
    assert run.id == one(f"sandbox={sandbox.resolve('auto')}").id
    assert run.id != one("sandbox=process").id != one("sandbox=inprocess").id


def test_the_record_says_what_the_sandbox_was_and_that_some_isolate_less(runs_code, tmp_path):
    said = {}
    for name in ("auto", "process", "inprocess"):
        run = one(f"sandbox={name}")
        said[name] = execute(run, RunFolder(tmp_path / run.id), lambda row: None).sandbox
    assert said["auto"].startswith(f"{sandbox.resolve('auto')}: ")
    assert said["process"].startswith("process: isolates less")
    assert said["inprocess"].startswith("inprocess: protects nothing")


def test_a_run_uses_its_sandbox_with_its_limits_and_the_tasks_imports(runs_code, monkeypatch):
    run = one("sandbox.call_s=1.5", "sandbox.memory_mib=64")
    task = run.task.build()
    task.imports = ("math",)
    with sandboxes.within(run, task):
        kind = sandbox.current().pool.kind
    assert (kind.limits.call_s, kind.limits.memory_mib, kind.imports) == (1.5, 64, {"math"})


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("sandbox=bwarp", "no sandbox 'bwarp'. Did you mean 'bwrap'.*list sandboxes"),
        ("sandbox.call_s=0", "call_s=0"),
        ("sandbox.memory_mib=much", 'sandbox.memory_mib="much" is not allowed'),
        ("sandbox.calls=1", "has no key 'sandbox.calls'"),
    ],
)
def test_what_makes_no_sense_is_said_before_anything_runs(runs_code, override, message):
    with pytest.raises(UserError, match=message):
        one(override)


def test_a_machine_without_a_sandbox_refuses_runs_of_code(runs_code, monkeypatch):
    monkeypatch.setattr(
        sandbox._choice, "available", lambda name: sandbox.Availability(name, False, "is missing")
    )
    with pytest.raises(UserError, match=r"bwrap: is missing; kernel: is missing.*sandbox=process"):
        one()
    said = {what: ok for what, ok, _, _ in sandboxes.checks()}
    assert said["sandbox auto"] is False
