"""What an OpenAI-compatible server accepts, learnt from what it refuses."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from typing import Any

from ._canonical import canonical
from ._explain import TOO_LONG, UNKNOWN_MODEL
from ._fault import Fault
from ._protocol import Message, Request

MODES = ("json_schema", "json_object", "text")
"""Ways to ask for a reply that satisfies a schema, the strictest first."""

_REFUSALS = {400, 404, 415, 422, 501}
_ABOUT_FORMAT = re.compile(
    r"response[ _]format|json[ _](schema|object|mode)|structured[ _]output|grammar", re.I
)
_ABOUT_LIMIT = re.compile(r"max_completion_tokens")


class Dialect:
    """Turns requests into the JSON body that one server understands.

    What is learnt about a format is kept for each schema, because some servers refuse one schema
    and accept another; an answer thus depends on its own request only, in whichever order threads
    come.
    """

    def __init__(self) -> None:
        self._modes: dict[str, int] = {}
        self._limit_key = "max_tokens"
        self._lock = threading.Lock()

    def mode(self, request: Request) -> str:
        """How the next request with this schema asks for it."""
        if request.schema is None:
            return "text"
        return MODES[self._modes.get(canonical(request.schema), 0)]

    def body(self, request: Request, mode: str) -> dict[str, Any]:
        """Messages, format and length limit, as the chat protocol spells them."""
        body: dict[str, Any] = {"messages": [_spell(message) for message in request.messages]}
        body[self._limit_key] = request.max_tokens
        if request.schema is None:
            return body
        if mode != "json_schema":
            # The server does not see the schema, and JSON mode demands the word in the prompt.
            body["messages"][-1]["content"] += _in_words(request.schema)
        if mode != "text":
            body["response_format"] = _format(mode, request.schema)
        return body

    def learn(self, request: Request, mode: str, body: Mapping[str, Any], fault: Fault) -> bool:
        """Whether the refusal of `body` is one that another body avoids. Each is learnt once."""
        if fault.status not in _REFUSALS:
            return False
        if "max_tokens" in body and _ABOUT_LIMIT.search(fault.message):
            self._limit_key = "max_completion_tokens"
            return True
        if "response_format" not in body or not _refuses_format(fault):
            return False
        with self._lock:
            key = canonical(request.schema)
            self._modes[key] = max(self._modes.get(key, 0), MODES.index(mode) + 1)
        return True


def _refuses_format(fault: Fault) -> bool:
    if fault.param:
        return fault.param.startswith("response_format")
    words = f"{fault.code} {fault.message}"
    return bool(_ABOUT_FORMAT.search(words)) and not (
        TOO_LONG.search(words) or UNKNOWN_MODEL.search(words)
    )


def _spell(message: Message) -> dict[str, str]:
    # Lone surrogates, which code under optimization can print, are not UTF-8.
    content = message.content.encode("utf-8", "replace").decode()
    return {"role": message.role, "content": content}


def _in_words(schema: Mapping[str, Any]) -> str:
    return (
        "\n\nReply with one JSON object and nothing else. "
        f"It must satisfy this JSON schema: {canonical(schema)}"
    )


def _format(mode: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    if mode == "json_object":
        return {"type": "json_object"}
    described = {"name": "reply", "strict": True, "schema": schema}
    return {"type": "json_schema", "json_schema": described}
