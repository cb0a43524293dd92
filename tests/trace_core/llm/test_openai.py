from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tests.chat_server import completion, json_answer, text, truncated
from tests.trace_core.llm.conftest import SCHEMA, ask
from trace_core._errors import UserError
from trace_core.llm import OpenAIClient, Usage


def test_a_request_arrives_as_the_chat_protocol_spells_it(chat_server, connect):
    connect(model="m", temperature=0.5, seed=None).complete(ask("Why?", max_tokens=7))
    assert chat_server.requests == [
        {
            "model": "m",
            "temperature": 0.5,
            "max_tokens": 7,
            "messages": [
                {"role": "system", "content": "You are terse."},
                {"role": "user", "content": "Why?"},
            ],
        }
    ]


def test_a_reply_carries_text_tokens_reason_and_time(chat_server, connect):
    chat_server.script = [text("because it is")]
    reply = connect().complete(ask("Why?"))
    assert reply.text == "because it is"
    assert reply.usage == Usage(prompt_tokens=4, completion_tokens=3, usd=None)
    assert (reply.finish_reason, reply.mode, reply.retries, reply.cached) == ("stop", "text", 0, 0)
    assert reply.seconds > 0


def test_a_schema_is_sent_to_be_enforced(chat_server, connect):
    reply = connect().complete(ask(schema=SCHEMA))
    assert chat_server.requests[0]["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "reply", "strict": True, "schema": SCHEMA},
    }
    assert reply.mode == "json_schema"
    assert set(json.loads(reply.text)) == {"reasoning", "x", "steps"}


def test_seeds_and_draws_are_different_samples_of_one_request(chat_server, connect):
    client = connect(seed=1)
    for request in (ask(), ask(), ask(draw=1), ask(seed=1), ask(seed=1, draw=1)):
        client.complete(request)
    first, same, *others = (body["seed"] for body in chat_server.requests)
    assert first == same
    assert len({first, *others}) == 4


def test_a_truncated_reply_says_so(chat_server, connect):
    chat_server.script = [truncated()]
    assert connect().complete(ask()).finish_reason == "length"


def test_a_declined_request_is_a_reply(chat_server, connect):
    chat_server.script = [text(None, refusal="I would rather not.")]
    reply = connect().complete(ask())
    assert (reply.text, reply.finish_reason) == ("I would rather not.", "refusal")


def test_an_empty_message_is_an_empty_text(chat_server, connect):
    chat_server.script = [text(None, "length")]
    assert connect().complete(ask()).text == ""


def test_unknown_token_counts_are_not_zero(chat_server, connect):
    message = {"message": {"content": "hm"}}
    chat_server.script = [json_answer(200, {"choices": [message]})]
    reply = connect().complete(ask())
    assert reply.usage == Usage(None, None, None)
    assert reply.finish_reason == "unknown"


def test_lone_surrogates_pass_in_neither_direction(chat_server, connect):
    chat_server.script = [text("a\ud800b")]
    assert connect().complete(ask("c\ud800d")).text == "a?b"
    assert chat_server.requests[0]["messages"][1]["content"] == "c?d"


def test_the_client_limits_every_reply(chat_server, connect):
    connect(max_tokens=100).complete(ask())
    assert chat_server.requests[0]["max_tokens"] == 100


def test_threads_share_a_client(chat_server, connect):
    chat_server.latency_s = 0.1
    chat_server.otherwise = lambda body: completion(body, body["messages"][1]["content"])
    questions = [f"question {i}" for i in range(20)]
    client = connect()
    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda question: client.complete(ask(question)), questions))
    assert [reply.text for reply in replies] == questions


def test_settings_are_what_answers_depend_on(connect):
    settings = connect(model="m", seed=3, max_retries=1, timeout_s=5).settings()
    assert settings == {"model": "m", "temperature": 0.0, "seed": 3, "max_tokens": 4096}
    assert connect(model="m").name == "openai/m"
    assert not OpenAIClient.is_mock


def test_a_closed_client_opens_again(chat_server, connect):
    client = connect()
    first = client.complete(ask())
    client.close()
    client.close()
    assert replace(client.complete(ask()), seconds=0) == replace(first, seconds=0)


def test_check_asks_for_no_completion(chat_server, connect):
    connect().check()
    assert chat_server.requests == []


@pytest.mark.parametrize("missing", [None, "", "  "])
def test_a_missing_key_is_told_before_anything_is_asked(chat_server, monkeypatch, missing):
    monkeypatch.delenv("OPENAI_API_KEY")
    if missing is not None:
        monkeypatch.setenv("OPENAI_API_KEY", missing)
    with pytest.raises(UserError, match="OPENAI_API_KEY.*OPENAI_BASE_URL.*llm=mock") as caught:
        OpenAIClient()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("url", ["localhost:8000/v1", "http://", "http://[::1", "http://h:port/v1"])
def test_a_base_url_that_is_none_is_told(monkeypatch, url):
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    with pytest.raises(UserError, match="OPENAI_BASE_URL is no address"):
        OpenAIClient()
