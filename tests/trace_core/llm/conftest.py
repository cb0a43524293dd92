from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest

from trace_core.llm import Message, OpenAIClient, Request, _retry

SCHEMA = {
    "type": "object",
    "properties": {
        "reasoning": {"type": "string", "maxLength": 200},
        "x": {"type": "number", "minimum": -5, "maximum": 5},
        "steps": {"type": "integer"},
    },
    "required": ["reasoning", "x", "steps"],
    "additionalProperties": False,
}


def ask(content: str = "How large is x?", **fields: Any) -> Request:
    system = Message("system", "You are terse.")
    return Request((system, Message("user", content)), **fields)


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the length of pauses is altered, not whether there are any."""
    monkeypatch.setattr(_retry, "FIRST_PAUSE_S", 0.01)


@pytest.fixture
def connect(chat_server) -> Iterator[Callable[..., OpenAIClient]]:
    """Makes clients of the test server."""
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(closing(OpenAIClient(**settings)))
