from __future__ import annotations

import json

import pytest

from tests.chat_server import error, filled, json_answer, refusing, too_long, unknown_model
from tests.trace_core.llm.conftest import SCHEMA, ask
from trace_core._errors import UserError

OTHER_SCHEMA = {"type": "object", "properties": {"y": {"type": "number"}}}

REFUSALS = {
    "openai": error(400, "Invalid parameter: 'response_format' of type 'json_schema' ..."),
    "openai, the schema": error(
        400, "Invalid schema for 'reply': 'maxLength' is not permitted.", param="response_format"
    ),
    "deepseek": error(400, "This response_format type is unavailable now"),
    "deserializer": json_answer(422, {"error": "response_format.type `json_schema` is unknown"}),
    "groq": error(400, "This model does not support response format `json_schema`."),
    "llama.cpp": error(400, "Failed to parse grammar"),
    "fastapi": json_answer(
        422,
        {"detail": [{"loc": ["body", "response_format"], "msg": "Extra inputs", "input": {}}]},
    ),
}


def formats(server) -> list[str]:
    return [body.get("response_format", {"type": "text"})["type"] for body in server.requests]


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_a_refused_schema_is_asked_for_as_json(chat_server, connect, refusal):
    chat_server.script = [refusal]
    reply = connect().complete(ask(schema=SCHEMA))
    assert formats(chat_server) == ["json_schema", "json_object"]
    assert (reply.mode, reply.retries) == ("json_object", 0)
    assert set(json.loads(reply.text)) == {"reasoning", "x", "steps"}


def test_refused_json_is_asked_for_in_words(chat_server, connect):
    chat_server.otherwise = refusing("json_schema", "json_object")
    reply = connect().complete(ask(schema=SCHEMA))
    assert formats(chat_server) == ["json_schema", "json_object", "text"]
    assert reply.mode == "text"
    assert set(json.loads(reply.text)) == {"reasoning", "x", "steps"}


def test_a_schema_that_the_server_does_not_see_is_in_the_prompt(chat_server, connect):
    chat_server.otherwise = refusing("json_schema")
    connect().complete(ask("How large is x?", schema=SCHEMA))
    first, second = (body["messages"][-1]["content"] for body in chat_server.requests)
    assert first == "How large is x?"
    assert second.startswith(first)
    assert json.loads(second.partition("JSON schema: ")[2]) == SCHEMA


def test_a_refusal_is_remembered_for_its_schema(chat_server, connect):
    chat_server.otherwise = refusing("json_schema")
    client = connect()
    for schema in (SCHEMA, SCHEMA, OTHER_SCHEMA):
        client.complete(ask(schema=schema))
    assert formats(chat_server) == ["json_schema", *["json_object"] * 2, "json_schema"] + [
        "json_object"
    ]


@pytest.mark.parametrize("behaviour", [too_long, unknown_model])
def test_other_refusals_are_not_mistaken(chat_server, connect, behaviour):
    chat_server.otherwise = behaviour
    with pytest.raises(UserError):
        connect().complete(ask(schema=SCHEMA))
    assert formats(chat_server) == ["json_schema"]


def test_an_echo_of_the_request_is_not_mistaken(chat_server, connect):
    echo = {"response_format": {"type": "json_schema"}}
    detail = [{"loc": ["body", "seed"], "msg": "Extra inputs", "input": echo}]
    chat_server.otherwise = json_answer(422, {"detail": detail})
    with pytest.raises(UserError, match="body.seed"):
        connect().complete(ask(schema=SCHEMA))
    assert formats(chat_server) == ["json_schema"]


def test_newer_models_get_their_word_for_the_limit(chat_server, connect):
    message = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."

    def behave(body):
        if "max_tokens" in body:
            return error(400, message, param="max_tokens", code="unsupported_parameter")
        return filled(body)

    chat_server.otherwise = behave
    client = connect()
    for _ in range(2):
        client.complete(ask(max_tokens=9))
    assert [body.get("max_completion_tokens") for body in chat_server.requests] == [None, 9, 9]


def test_json_that_the_server_rejects_is_the_models_failure(chat_server, connect):
    more = {"code": "json_validate_failed", "failed_generation": '{"x": "two"}'}
    chat_server.script = [error(400, "Generated JSON does not match the expected schema.", **more)]
    reply = connect().complete(ask(schema=SCHEMA))
    assert (reply.text, reply.finish_reason) == ('{"x": "two"}', "invalid")
    assert reply.usage.prompt_tokens  # estimated, so that limits can be kept
    assert reply.usage.completion_tokens == 3
