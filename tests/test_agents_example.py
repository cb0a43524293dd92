"""docs/examples/trace_ag2_agents.py against a loopback server."""

import asyncio
import json
import runpy
from contextlib import closing
from pathlib import Path

import pytest

pytest.importorskip("ag2", reason="pip install ag2")

from tests.chat_server import completion  # noqa: E402
from trace_core.llm import OpenAIClient, Recorder  # noqa: E402

EXAMPLE = Path(__file__).parent.parent / "docs" / "examples" / "trace_ag2_agents.py"


def talk(body):
    """Long texts until the reviser is told to be short; the optimizer tells it so."""
    system = body["messages"][0]["content"]
    if "response_format" in body:
        advice = {"style": "Be thorough.", "advice": "Be short."}
        schema = body["response_format"]["json_schema"]["schema"]
        names = schema["properties"]["suggestion"]["required"]
        found = {name: advice[name.rstrip("0123456789")] for name in names}
        return completion(body, json.dumps({"reasoning": "", "answer": "", "suggestion": found}))
    return completion(body, "boots, map" if system == "Be short." else "boots " * 40)


@pytest.fixture
def example(chat_server):
    chat_server.otherwise = talk
    return runpy.run_path(str(EXAMPLE))


def test_the_trace_leads_through_both_agents(example, chat_server):
    with closing(OpenAIClient()) as llm:
        conversation = example["Conversation"](llm)
        text = asyncio.run(conversation("a list"))
    assert [body["messages"][0]["content"] for body in chat_server.requests] == [
        "Be thorough.",
        "Add what is missing.",
    ]
    assert chat_server.requests[1]["messages"][1]["content"].startswith("Rewrite this:\nboots")
    names, stack = set(), [text]
    while stack:
        found = stack.pop()
        names.add(found.base_name)
        stack += found.parents
    assert {"style", "advice", "write", "revise"} <= names


def test_optoprime_learns_what_the_agents_are_told(example, chat_server):
    with closing(Recorder(OpenAIClient())) as recorder:
        trained = example["train"](recorder)
        assert trained.advice.data == "Be short."
        assert asyncio.run(trained("a list")).data == "boots, map"
        assert recorder.ledger.calls == len(chat_server.requests) == 7
    report = chat_server.requests[2]["messages"][1]["content"]
    assert "write" in report and "revise" in report and "40 words are too many" in report
