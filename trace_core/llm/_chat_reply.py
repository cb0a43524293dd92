"""The answer of a chat completion server, read with distrust."""

from __future__ import annotations

import json
from typing import Any

from ._fault import Fault, one_line
from ._protocol import Reply, Usage


def read_reply(payload: bytes, mode: str) -> Reply:
    """The first choice of an HTTP 200 answer.

    Raises:
        Fault: "malformed", if it is not a chat completion.
    """
    answer = _parse(payload)
    choice = _first_choice(answer)
    message = choice.get("message")
    if not isinstance(message, dict):
        raise Fault("malformed", "its choice holds no message")
    content, refusal = message.get("content"), message.get("refusal")
    if not isinstance(content, str | None):
        raise Fault("malformed", "its message is not a text")
    declined = content is None and isinstance(refusal, str)
    return Reply(
        text=clean(str(refusal) if declined else content or ""),
        usage=_usage(answer.get("usage")),
        finish_reason="refusal" if declined else str(choice.get("finish_reason") or "unknown"),
        mode=mode,
    )


def clean(text: str) -> str:
    """Text that can be written to files and sent back: JSON may smuggle in lone surrogates."""
    return text.encode("utf-8", "replace").decode()


def _parse(payload: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(payload)
    except (ValueError, RecursionError):
        raise Fault("malformed", "its answer is not JSON") from None
    if not isinstance(answer, dict):
        raise Fault("malformed", "its answer is not a JSON object")
    return answer


def _first_choice(answer: dict[str, Any]) -> dict[str, Any]:
    choices = answer.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        return choices[0]
    # Proxies report their own failures this way, with status 200.
    error = answer.get("error")
    said = error.get("message") if isinstance(error, dict) else error
    raise Fault("malformed", one_line(f"no choices; it says: {said}" if said else "no choices"))


def _usage(usage: Any) -> Usage:
    counts = usage if isinstance(usage, dict) else {}
    return Usage(_count(counts.get("prompt_tokens")), _count(counts.get("completion_tokens")))


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None
