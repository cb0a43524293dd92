"""The whole pipeline gives exactly the accuracy that a scripted server implies."""

from dataclasses import dataclass

import pytest

from tests.chat_server import Answer, Body, completion
from tests.tasks.bbh_answers import IN_FIELDS
from trace_bench.plan import plan
from trace_bench.runner import execute
from trace_bench.store import RunFolder
from trace_bench.tasks.bbh import BBH

from .conftest import rows_of

SUBSET = "generated/word_sorting"
EXAMPLES = 60
TASK = ["task=bbh", f"task.subset={SUBSET}", f"task.examples={EXAMPLES}", "task.max_connections=8"]
PLANS = ("right", "wrong", "in no form", "refused", "empty", "right")
"""What becomes of the test examples, over and over."""


@dataclass(frozen=True)
class Script:
    """A server's answers to each question; anything else is answered with a JSON object."""

    split: object

    def __call__(self, body: Body) -> Answer:
        prompt = body["messages"][-1]["content"]
        for part in ("train", "validation", "test"):
            for i, example in enumerate(getattr(self.split, part)):
                if example.question in prompt:
                    fate = PLANS[i % len(PLANS)] if part == "test" else "right"
                    return self.answer(body, fate, example.target)
        return completion(body, "{}")

    def answer(self, body: Body, fate: str, target: str) -> Answer:
        if fate == "refused":
            return completion(body, None, refusal="I would rather not say.")
        if fate == "empty":
            return completion(body, "")
        if fate == "in no form":
            return completion(body, f"It seems to be: {target}")
        said = target if fate == "right" else f"{target} and more"
        prompt = body["messages"][-1]["content"]
        if "[[ ## answer" not in prompt:
            return completion(body, f"Answer: {said}")
        thought = "[[ ## reasoning ## ]]\nhm\n\n" if "[[ ## reasoning" in prompt else ""
        return completion(body, thought + IN_FIELDS.format(said))


@pytest.fixture
def script(chat_server):
    split = BBH(subset=SUBSET, examples=EXAMPLES).problem(0).split
    chat_server.otherwise = Script(split)
    assert len(split.test) == 40
    return chat_server


def drive(out, *overrides):
    (run,) = plan([*TASK, "llm=openai", *overrides])
    folder = RunFolder(out / run.id)
    return execute(run, folder, lambda row: None), folder


def fates(folder: RunFolder) -> dict[str, set[tuple[bool, bool]]]:
    """For what was planned, (right, failed) as recorded, example by example."""
    records = [r for row in folder.rows() for r in row.examples if r["part"] == "test"]
    assert len(records) == 40
    found: dict[str, set[tuple[bool, bool]]] = {}
    for i, record in enumerate(records):
        fate = (record["right"], record["error"] is not None)
        found.setdefault(PLANS[i % len(PLANS)], set()).add(fate)
    return found


RIGHT, WRONG, FAILED = {(True, False)}, {(False, False)}, {(False, True)}
IMPLIED = {"right": RIGHT, "wrong": WRONG, "in no form": FAILED, "refused": FAILED, "empty": FAILED}


@pytest.mark.parametrize("cot", ["false", "true"])
@pytest.mark.parametrize("optimizer", ["optoprime", "dspy_program"])
def test_the_accuracy_is_what_the_script_implies(optimizer, cot, script, tmp_path):
    record, folder = drive(tmp_path, f"optimizer={optimizer}", f"task.cot={cot}")
    assert record.status == "finished"
    assert record.metrics.final == 100 * 13 / 40  # two of six are right, six and two thirds times
    held_out = record.metrics.held_out
    assert (held_out["test_right"], held_out["test_examples"]) == (13, 40)
    assert held_out["test_failed"] == 7 + 7 + 6
    empty = 6 if optimizer == "optoprime" else 12  # DSPy asks a second time, for JSON
    assert held_out["test_empty_replies"] == empty
    assert fates(folder) == IMPLIED
    assert record.ledger.calls == len(script.requests)
    assert record.ledger.prompt_tokens == script.prompt_tokens


def test_an_llm_that_answers_nothing_gives_no_silent_zero(script, tmp_path):
    script.otherwise = lambda body: completion(body, "")
    record, folder = drive(tmp_path, "optimizer=optoprime", "iterations=1")
    held_out = record.metrics.held_out
    assert record.metrics.final == 0
    assert held_out["test_failed"] == held_out["test_empty_replies"] == 40
    first = folder.rows()[0]
    assert "the LLM answered nothing" in first.error and "answered nothing" in first.feedback


def test_a_second_run_gives_the_same_steps_whatever_the_connections(script, tmp_path):
    def steps(out, connections):
        words = [f"task.max_connections={connections}", "iterations=2"]
        _, folder = drive(tmp_path / out, "optimizer=optoprime", *words)
        (rows,) = rows_of([folder.path]).values()
        return rows

    assert steps("a", 1) == steps("b", 16)


def test_a_killed_run_is_finished_from_its_record(script, tmp_path):
    record, folder = drive(tmp_path, "optimizer=copro", "optimizer.breadth=2", "optimizer.depth=1")
    whole, asked = folder.rows(), len(script.requests)
    path = folder.path / "llm.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[: len(lines) // 2]) + b'{"torn')
    (folder.path / "steps.jsonl").unlink()
    folder.write(record.model_copy(update={"status": "running"}))
    again, folder = drive(tmp_path, "optimizer=copro", "optimizer.breadth=2", "optimizer.depth=1")
    assert again.metrics == record.metrics
    assert len(script.requests) == asked + len(lines) - len(lines) // 2
    assert [r.differs(w) for r, w in zip(folder.rows(), whole, strict=True)] == [None, None]
