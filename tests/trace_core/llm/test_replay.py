from __future__ import annotations

import gzip
import json
from contextlib import closing

import pytest

from tests.trace_core.llm.conftest import SCHEMA, ask
from trace_core._errors import UserError
from trace_core.llm import (
    MockLLM,
    Recorder,
    RecordFile,
    ReplayLLM,
    ReplayMiss,
    recorded_exchanges,
    recorded_runs,
    write_recording,
)
from trace_core.llm._nearness import TOLERANCE, around_numbers, distance

QUESTIONS = [ask("x is 0.123456", schema=SCHEMA), ask("b"), ask("b"), ask("x=2.5, y=-3e-07")]


def answers(llm, path=None, questions=QUESTIONS, **options):
    """What a run with seed 5 is answered, and its ledger."""
    with closing(Recorder(llm, path, seed=5, **options)) as recorder:
        return [recorder.complete(question) for question in questions], recorder.ledger


def description(**other):
    config = {"task": {}, "optimizer": {}, "seed": 5, "iterations": 4, "llm": {"seed": 0}}
    return {"id": "toy-s5", "llm": "mock", "mock": True, "config": config, **other}


@pytest.fixture
def recording(tmp_path):
    """A file whose second run is that of a mock."""
    answers(MockLLM(), tmp_path / "llm.jsonl")
    exchanges = list(RecordFile(tmp_path / "llm.jsonl").read())
    path = tmp_path / "mock.jsonl.gz"
    assert write_recording(path, [(description(), []), (description(), exchanges)]) == 4
    return path


def test_a_replayed_run_is_the_recorded_one_bit_for_bit(recording, tmp_path):
    first, _ = answers(MockLLM())
    again, ledger = answers(ReplayLLM(path=recording, run=1), tmp_path / "again.jsonl")
    assert [reply.text for reply in again] == [reply.text for reply in first]
    assert (ledger.calls, ledger.cached, ledger.drifted) == (4, 4, 0)
    lines = [(tmp_path / name).read_text() for name in ("llm.jsonl", "again.jsonl")]
    assert lines[0] == lines[1].replace('"cached":true', '"cached":false')


def test_it_goes_by_the_name_of_the_recorded_llm(recording):
    llm = ReplayLLM(path=recording, run=1)
    assert (llm.name, llm.is_mock, llm.is_priced, llm.asks_nobody) == ("mock", True, True, True)
    assert llm.settings() == {"seed": 0}
    llm.check()
    llm.close()


def test_it_answers_offline_and_its_limits_are_those_of_any_llm(recording):
    replies, _ = answers(ReplayLLM(path=recording, run=1), offline=True)
    assert len(replies) == 4


@pytest.mark.parametrize(
    "other",
    [ask("c"), ask("x is 0.123457", schema=SCHEMA), ask("b", max_tokens=5), ask("b", schema={})],
)
def test_a_question_that_was_not_asked_is_missed(recording, other):
    with pytest.raises(ReplayMiss, match="mock.jsonl.gz has no answer.*toy-s5.*replays pack"):
        answers(ReplayLLM(path=recording, run=1), questions=[other])


def test_a_draw_that_was_not_drawn_is_missed(recording):
    with pytest.raises(ReplayMiss):
        answers(ReplayLLM(path=recording, run=1), questions=[ask("b")] * 3)


def test_runs_do_not_answer_for_each_other(recording):
    with pytest.raises(ReplayMiss):
        answers(ReplayLLM(path=recording, run=0), questions=[ask("b")])


def test_last_digits_may_drift_if_the_user_says_so(recording):
    drifted = [ask("x is 0.123457", schema=SCHEMA), ask("b"), ask("b"), ask("x=2.50001, y=-3e-07")]
    replies, ledger = answers(ReplayLLM(path=recording, run=1, drift=True), questions=drifted)
    assert [reply.text for reply in replies] == [reply.text for reply in answers(MockLLM())[0]]
    assert [reply.drifted for reply in replies] == [True, False, False, True]
    assert ledger.drifted == 2


@pytest.mark.parametrize("text", ["x is 0.1236", "x is 0.12", "y is 0.123456", "x is 1"])
def test_more_than_last_digits_is_no_drift(recording, text):
    questions = [ask(text, schema=SCHEMA)]
    with pytest.raises(ReplayMiss) as caught:
        answers(ReplayLLM(path=recording, run=1, drift=True), questions=questions)
    assert "llm.drift" not in str(caught.value)


@pytest.mark.parametrize(
    ("one", "other", "far"),
    [
        ("1.00001", "1.00000", 1e-5),
        ("-3.14159e-12", "-3.14160e-12", 3.2e-6),
        ("0.0999999 and 7", "0.1 and 7", 1e-6),
        ("7 steps", "8 steps", None),
        ("add0 = 3", "add1 = 3", None),
        ("v1.2.3", "v1.2.4", None),
        ("x-3", "x-3.00001", 3.4e-6),
        ("nothing", "nothing", 0.0),
        ("# a", "5 a", None),
        ("# 5", "5 #", None),
    ],
)
def test_how_far_texts_are_apart(one, other, far):
    found = distance(one, other)
    assert found == (None if far is None else pytest.approx(far, rel=0.1, abs=1e-12))
    assert far is None or far <= TOLERANCE


def test_names_are_no_numbers():
    assert around_numbers("x1 = add2(3, -4.5e3) # 6.") == ["x1 = add2(", ", ", ") # ", "."]


def test_equal_runs_give_equal_bytes(recording, tmp_path):
    runs = list(enumerate(recorded_runs(recording)))
    again = tmp_path / "again.jsonl.gz"
    write_recording(again, [(run, recorded_exchanges(recording, i)) for i, run in runs])
    assert again.read_bytes() == recording.read_bytes()


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def other_format(data: bytes) -> bytes:
    return gzip.compress(gzip.decompress(data).replace(b'"format":1', b'"format":9'))


def other_run(data: bytes) -> bytes:
    return gzip.compress(gzip.decompress(data).replace(b'"run":1', b'"run":7'))


def no_exchange(data: bytes) -> bytes:
    head, *_ = gzip.decompress(data).splitlines()
    return gzip.compress(b"\n".join([head, json.dumps({"run": 1}).encode()]))


def text(data: bytes) -> bytes:
    return b"what is this?"


@pytest.mark.parametrize("spoil", [cut, other_format, other_run, no_exchange, text])
def test_a_damaged_recording_is_told(recording, spoil):
    recording.write_bytes(spoil(recording.read_bytes()))
    with pytest.raises(UserError, match=r"mock\.jsonl\.gz is (no|a) recording") as caught:
        ReplayLLM(path=recording, run=1).check()
    assert "\n" not in str(caught.value)


def test_a_recording_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UserError, match="Cannot read the recording .*No such file"):
        ReplayLLM(path=tmp_path / "x.jsonl.gz", run=0)
