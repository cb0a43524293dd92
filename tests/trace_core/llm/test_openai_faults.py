from __future__ import annotations

import random
import re
import socket

import pytest

from tests.chat_server import (
    Answer,
    ChatServer,
    cut_short,
    dropped,
    error,
    filled,
    json_answer,
    malformed,
    no_choices,
    rate_limited,
    server_error,
    stalled,
    text,
    too_long,
    unknown_model,
)
from tests.trace_core.llm.conftest import ask
from trace_core._errors import UserError
from trace_core.llm import LLMUnavailable, RequestRefused

FAULTS = {
    "rate limit": rate_limited(),
    "server error": server_error(),
    "overloaded": server_error(503),
    "malformed JSON": malformed(),
    "a web page": malformed(b"<html>Welcome</html>"),
    "a list": malformed(b"[]"),
    "deep JSON": malformed(b"[" * 100_000),
    "no choices": no_choices(),
    "no message": json_answer(200, {"choices": [{}]}),
    "an error with status 200": json_answer(200, {"error": {"message": "upstream is busy"}}),
    "a choice that is an error": json_answer(
        200,
        {
            "choices": [
                {
                    "error": {"code": 502, "message": "upstream is busy"},
                    "message": {"role": "assistant", "content": ""},
                    "finish_reason": "error",
                }
            ]
        },
    ),
    "dropped connection": dropped(),
    "half an answer": cut_short(),
}


def user_error(client) -> str:
    with pytest.raises(UserError) as caught:
        client.complete(ask())
    line = str(caught.value)
    assert "\n" not in line
    assert len(line) < 600
    return line


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_passing_fault_is_retried_and_counted(chat_server, connect, fault):
    chat_server.script = [fault, fault, text("at last")]
    reply = connect().complete(ask())
    assert (reply.text, reply.retries, len(chat_server.requests)) == ("at last", 2, 3)


def test_a_stalled_answer_is_asked_for_again(chat_server, connect):
    chat_server.script = [stalled(20), text("at last")]
    reply = connect(timeout_s=0.3).complete(ask())
    assert (reply.text, reply.retries) == ("at last", 1)
    assert reply.seconds >= 0.3


def test_an_answer_that_comes_in_drops_is_late_all_the_same(chat_server, connect):
    chat_server.script = [Answer(content=b" " * 200, drip_s=0.05), text("at last")]
    reply = connect(timeout_s=0.5).complete(ask())
    assert (reply.text, reply.retries) == ("at last", 1)


def test_max_retries_is_the_limit(chat_server, connect):
    chat_server.otherwise = rate_limited()
    line = user_error(connect(max_retries=4))
    assert len(chat_server.requests) == 5
    assert "tried 5 times" in line and "quota" in line


def test_a_long_retry_after_is_told_rather_than_waited_for(chat_server, connect):
    chat_server.otherwise = rate_limited("7200")
    assert "try again in 7200 s" in user_error(connect())
    assert len(chat_server.requests) == 1


def test_retry_after_is_obeyed(chat_server, connect):
    chat_server.script = [rate_limited("0.4")]
    assert connect().complete(ask()).seconds >= 0.4


LASTING = {
    "server error": (server_error(), "fails, tried 9 times.*try again later"),
    "dropped": (dropped(), "closed the connection, tried 9 times"),
    "unknown model": (unknown_model, "no model 'gpt-4-0125-preview'.*llm.model=NAME"),
    "too long": (too_long, "too long for gpt-4-0125-preview.*llm.model=NAME"),
    "forbidden": (error(403, "Your country is not served"), "country.*OPENAI_API_KEY"),
    "bad setting": (
        error(400, "Unsupported value: 'temperature' does not support 0.0", param="temperature"),
        "'temperature' does not support.*change the setting that it names",
    ),
    "fastapi": (
        json_answer(422, {"detail": [{"loc": ["body", "seed"], "msg": "Extra", "input": 7}]}),
        r"HTTP 422: body.seed: Extra.*llm.seed=null",
    ),
    "plain words": (Answer(400, b"no\nsuch luck"), "HTTP 400: no such luck"),
}


@pytest.mark.parametrize(("fault", "told"), LASTING.values(), ids=LASTING)
def test_a_lasting_fault_is_one_line_with_the_way_out(chat_server, connect, fault, told):
    chat_server.otherwise = fault
    assert re.search(told, user_error(connect()))


def test_what_cannot_help_is_not_repeated(chat_server, connect):
    for behaviour in (unknown_model, too_long, error(403, "no"), error(400, "no")):
        chat_server.requests.clear()
        chat_server.otherwise = behaviour
        user_error(connect())
        assert len(chat_server.requests) == 1


def test_a_server_that_is_no_llm_is_told_soon(chat_server, connect):
    chat_server.otherwise = malformed(b"<html>Welcome</html>")
    line = user_error(connect())
    assert "does not speak the OpenAI chat protocol (its answer is not JSON), tried 4" in line
    assert "ends in /v1" in line


def test_a_server_that_has_answered_before_is_given_more_time(chat_server, connect):
    client = connect()
    client.complete(ask())
    chat_server.otherwise = malformed()
    assert "tried 9 times" in user_error(client)


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (malformed(b"<html>Bad gateway</html>"), "sent no proper answer"),
        (json_answer(200, {"error": {"code": 429, "message": "slow down"}}), "HTTP 429: slow down"),
    ],
)
def test_a_server_that_has_answered_before_is_not_called_a_wrong_address(
    chat_server, connect, failure, told
):
    """So that a sweep tries the run again: LLMUnavailable."""
    client = connect(max_retries=1)
    client.complete(ask())
    chat_server.otherwise = failure
    with pytest.raises(LLMUnavailable, match=told):
        client.complete(ask("again?"))


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (error(402, "Insufficient credits"), "add credit"),
        (
            json_answer(400, {"detail": [{"loc": None, "msg": "no"}, {"loc": 5, "msg": "way"}]}),
            "no; way",
        ),
        (json_answer(404, [{"error": {"message": "no such model"}}]), "HTTP 404: no such model"),
        (Answer(500, b"<html><title>Bad\ngateway</title><body>..."), "an HTML page: Bad gateway"),
    ],
)
def test_the_words_of_a_server_are_found_in_odd_places(chat_server, connect, answer, told):
    chat_server.otherwise = answer
    assert told in user_error(connect(max_retries=0))


def test_a_time_out_names_its_setting(chat_server, connect):
    chat_server.otherwise = stalled(20)
    line = user_error(connect(timeout_s=0.1, max_retries=1))
    assert "no answer within 0.1 s, tried 2 times: raise llm.timeout_s" in line


def test_a_server_that_is_down_is_told_soon(connect, monkeypatch):
    with socket.socket() as placeholder:
        placeholder.bind(("127.0.0.1", 0))
        port = placeholder.getsockname()[1]
        monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{port}/v1")
        client = connect()
        line = user_error(client)
        with pytest.raises(UserError, match=f"No LLM server answers at http://127.0.0.1:{port}:"):
            client.check()
    assert line.endswith("check OPENAI_BASE_URL and that the server runs, or use llm=mock.")


def test_a_server_may_be_restarted_under_a_client(chat_server, connect):
    client = connect()
    client.complete(ask())
    port = int(chat_server.url.split(":")[2].removesuffix("/v1"))
    chat_server.stop()
    with ChatServer(port=port):
        assert client.complete(ask()).retries <= 1


def test_a_busy_server_passes_the_check(chat_server, connect, monkeypatch):
    monkeypatch.setattr(ChatServer, "refusal_of", lambda *_: stalled_forever)
    stalled_forever = Answer(delay_s=20)
    connect(timeout_s=0.3).check()


def test_check_finds_a_wrong_key(chat_server, connect, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-another-server")
    with pytest.raises(UserError, match="refused the key in OPENAI_API_KEY"):
        connect().check()


def test_a_fifth_of_faults_changes_no_answer(chat_server, connect):
    rng = random.Random(0)
    faults = [*FAULTS.values(), stalled(20)]
    chat_server.otherwise = lambda body: (
        filled(body) if rng.random() > 0.2 else _behave(rng.choice(faults), body)
    )
    questions = [ask(f"question {i}") for i in range(60)]
    client = connect(timeout_s=0.2)
    client.complete(ask())
    disturbed = [client.complete(question) for question in questions]
    chat_server.otherwise = filled
    assert [r.text for r in disturbed] == [client.complete(q).text for q in questions]
    assert sum(r.retries for r in disturbed) >= 5


def _behave(behaviour, body):
    return behaviour if isinstance(behaviour, Answer) else behaviour(body)


@pytest.mark.parametrize("refusal", [too_long, error(400, "content filter"), error(413, "large")])
def test_a_refusal_of_one_request_is_told_from_one_of_all(chat_server, connect, refusal):
    client = connect()
    client.complete(ask())
    chat_server.otherwise = refusal
    with pytest.raises(RequestRefused):
        client.complete(ask())


def test_the_first_refusal_may_be_about_a_setting(chat_server, connect):
    chat_server.otherwise = error(400, "temperature is not allowed here")
    with pytest.raises(UserError) as caught:
        connect().complete(ask())
    assert not isinstance(caught.value, RequestRefused)


BILLED = {"choices": [], "usage": {"prompt_tokens": 1000, "completion_tokens": 4000}}


def test_answers_of_no_use_that_were_billed_are_counted(chat_server, connect):
    chat_server.script = [json_answer(200, BILLED), text("at last")]
    reply = connect(usd_per_million=(10.0, 30.0)).complete(ask())
    assert reply.retries == 1
    assert reply.usage.completion_tokens > 4000
    assert reply.usage.usd > 0.13


def test_billed_answers_of_no_use_are_not_asked_for_again_and_again(chat_server, connect):
    client = connect(max_retries=8)
    client.complete(ask())
    chat_server.otherwise = json_answer(200, BILLED)
    with pytest.raises(UserError, match="tried 3 times"):
        client.complete(ask())
