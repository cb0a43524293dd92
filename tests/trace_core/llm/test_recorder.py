from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import pytest

from tests.chat_server import rate_limited, refusing, text, unknown_model
from tests.trace_core.llm.conftest import SCHEMA, ask
from trace_core._errors import UserError
from trace_core.llm import Ledger, LimitReached, Limits, MockLLM, Recorder, RecordFile

QUESTIONS = [ask("a", schema=SCHEMA), ask("b"), ask("a", schema=SCHEMA), ask("a", schema=SCHEMA)]

RUN = """
import sys
from pathlib import Path
from tests.trace_core.llm.test_recorder import QUESTIONS
from trace_core.llm import OpenAIClient, Recorder
recorder = Recorder(OpenAIClient(), Path(sys.argv[1]), seed=5)
for question in QUESTIONS:
    print(recorder.complete(question).text)
recorder.close()
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "llm.jsonl"


def run(llm, path, seed=5, questions=QUESTIONS):
    """All replies of a run, and its ledger."""
    with closing(Recorder(llm, path, seed=seed)) as recorder:
        return [recorder.complete(question) for question in questions], recorder.ledger


def test_identical_requests_are_numbered(path):
    run(MockLLM(), path)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    requests = [line["request"] for line in lines]
    assert [request["draw"] for request in requests] == [0, 0, 1, 2]
    assert {request["seed"] for request in requests} == {5}
    assert len({line["key"] for line in lines}) == 4
    assert len({line["reply"]["text"] for line in lines}) == 4


def test_no_seed_shares_an_answer_with_another():
    texts = [reply.text for seed in range(5) for reply in run(MockLLM(), None, seed)[0]]
    assert len(set(texts)) == 20


def test_a_resumed_run_asks_for_the_rest_only(chat_server, connect, path):
    unbroken, _ = run(connect(), None)
    run(connect(), path, questions=QUESTIONS[:2])
    asked = len(chat_server.requests)
    resumed, ledger = run(connect(), path)
    assert len(chat_server.requests) == asked + 2
    assert [reply.cached for reply in resumed] == [True, True, False, False]
    assert [reply.text for reply in resumed] == [reply.text for reply in unbroken]
    assert (ledger.calls, ledger.cached) == (4, 2)


def test_a_run_is_resumed_in_another_process(chat_server, connect, path):
    mine, _ = run(connect(), path, questions=QUESTIONS[:3])
    result = subprocess.run(
        [sys.executable, "-c", RUN, path], capture_output=True, text=True, check=True
    )
    assert result.stdout.splitlines()[:3] == [reply.text for reply in mine]
    assert len(chat_server.requests) == 4


def test_a_cached_reply_is_the_recorded_one(chat_server, connect, path):
    chat_server.script = [rate_limited()]
    chat_server.otherwise = refusing("json_schema")
    (first,), _ = run(connect(), path, questions=QUESTIONS[:1])
    (again,), _ = run(connect(), path, questions=QUESTIONS[:1])
    assert first.mode == "json_object" and first.retries == 1
    assert again == replace(first, cached=True)


@pytest.mark.parametrize("other", [{"model": "other"}, {"temperature": 1.0}, {"seed": 9}])
def test_other_settings_share_no_answer(chat_server, connect, path, other):
    run(connect(), path)
    _, ledger = run(connect(**other), path)
    assert ledger.cached == 0


def test_patience_is_no_other_setting(chat_server, connect, path):
    run(connect(), path)
    _, ledger = run(connect(max_retries=1, timeout_s=3), path)
    assert ledger.cached == 4


def test_failures_are_not_recorded_and_use_up_no_draw(chat_server, connect, path):
    with closing(Recorder(connect(), path, seed=5)) as recorder:
        chat_server.script = [unknown_model]
        with pytest.raises(UserError):
            recorder.complete(ask("a"))
        assert not path.exists()
        recorder.complete(ask("a"))
        assert [exchange.request.draw for exchange in recorder.take()] == [0]
    assert len(path.read_text().splitlines()) == 1


def test_the_ledger_equals_the_servers_own_count(chat_server, connect, path):
    chat_server.script = [rate_limited(), text("one two three"), rate_limited()]
    _, ledger = run(connect(), path)
    assert ledger.calls + ledger.retries == len(chat_server.requests) == 6
    assert ledger.prompt_tokens == chat_server.prompt_tokens > 0
    assert ledger.completion_tokens == chat_server.completion_tokens > 0
    assert (ledger.retries, ledger.usd) == (2, None)


def test_the_ledger_of_a_resumed_run_is_that_of_an_unbroken_one(chat_server, connect, path):
    run(connect(), path, questions=QUESTIONS[:2])
    _, resumed = run(connect(), path)
    assert resumed.prompt_tokens == chat_server.prompt_tokens
    assert resumed.completion_tokens == chat_server.completion_tokens
    assert resumed.calls == len(chat_server.requests) == 4


def test_take_gives_each_exchange_once(path):
    with closing(Recorder(MockLLM(), path)) as recorder:
        recorder.complete(ask("a"))
        recorder.complete(ask("b"))
        taken = recorder.take()
        assert [e.request.messages[1].content for e in taken] == ["a", "b"]
        assert Ledger.of(taken).calls == 2
        recorder.complete(ask("c"))
        assert len(recorder.take()) == 1
        assert recorder.take() == ()
        assert recorder.ledger.calls == 3


def test_an_exchange_is_plain_data():
    recorder = Recorder(MockLLM(replies=["yes"]))
    recorder.complete(ask("really?"))
    (exchange,) = recorder.take()
    data = json.loads(json.dumps(exchange.as_json()))
    assert data["request"]["messages"][1] == {"role": "user", "content": "really?"}
    assert data["reply"]["text"] == "yes"
    assert data["llm"] == "mock"


def test_threads_neither_lose_nor_share_draws(path):
    with closing(Recorder(MockLLM(), path)) as recorder, ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: recorder.complete(ask(schema=SCHEMA)), range(200)))
    assert recorder.ledger.calls == 200
    assert {e.request.draw for e in recorder.take()} == set(range(200))
    _, again = run(MockLLM(), path, seed=0, questions=[ask(schema=SCHEMA)] * 200)
    assert again.cached == 200
    assert len({reply.text for reply in replies}) > 190


def test_a_script_goes_on_where_an_interrupted_run_was(path):
    script = ["a", "b", "c", "d"]
    run(MockLLM(replies=script), path, questions=QUESTIONS[:2])
    replies, _ = run(MockLLM(replies=script), path)
    assert [reply.text for reply in replies] == script


def test_it_speaks_for_its_llm():
    llm = MockLLM(seed=2)
    recorder = Recorder(llm)
    assert (recorder.name, recorder.is_mock) == ("mock", True)
    assert recorder.settings() == llm.settings()
    recorder.check()
    recorder.close()


def test_an_answer_is_recorded_although_the_cache_cannot_keep_it(path):
    class Full:
        def get(self, key):
            return None

        def put(self, exchange):
            raise UserError("the disk of the cache is full")

        def close(self):
            pass

    with closing(Recorder(MockLLM(), path, cache=Full())) as recorder:
        with pytest.raises(UserError, match="full"):
            recorder.complete(ask("a"))
        assert recorder.ledger.calls == 1
    with closing(Recorder(MockLLM(), path, offline=True)) as recorder:
        assert recorder.complete(ask("a")).cached


def test_a_paid_answer_counts_although_its_file_cannot_be_written(path, monkeypatch):
    with closing(Recorder(MockLLM(), path, limits=Limits(calls=1))) as recorder:
        monkeypatch.setattr(RecordFile, "append", full)
        with pytest.raises(UserError, match="full"):
            recorder.complete(ask("a"))
        assert recorder.ledger.calls == 1
        with pytest.raises(LimitReached):
            recorder.complete(ask("b"))


def full(self, exchange):
    raise UserError("the disk is full")
