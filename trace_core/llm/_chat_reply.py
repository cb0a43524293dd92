"""The answer of a chat completion server, read with distrust."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ._fault import Fault, one_line
from ._protocol import Reply, Usage


def read_reply(payload: bytes, mode: str, redact: Callable[[str], str]) -> Reply:
    """The first choice of an HTTP 200 answer; `redact` takes secrets out of what it says.

    Raises:
        Fault: "malformed", if it is not a chat completion; "status", if it reports a failure.
    """
    answer = _parse(payload)
    usage = _usage(answer.get("usage"))
    try:
        return _reply(answer, usage, mode, redact)
    except Fault as fault:
        fault.usage = usage  # it is billed all the same
        raise


def clean(text: str) -> str:
    """Text that can be written to files and sent back: JSON may smuggle in lone surrogates."""
    return text.encode("utf-8", "replace").decode()


def _reply(answer: dict[str, Any], usage: Usage, mode: str, redact: Callable[[str], str]) -> Reply:
    choice = _first_choice(answer, redact)
    message = choice.get("message")
    if not isinstance(message, dict):
        raise Fault("malformed", "its choice holds no message")
    content, refusal = _content(message.get("content")), message.get("refusal")
    declined = content is None and isinstance(refusal, str)
    reason = "refusal" if declined else str(choice.get("finish_reason") or "unknown")
    return Reply(
        text=redact(clean(str(refusal) if declined else content or "")),
        usage=usage,
        finish_reason=redact(clean(reason)),
        mode=mode,
    )


def _parse(payload: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(payload)
    except (ValueError, RecursionError):
        raise Fault("malformed", "its answer is not JSON") from None
    if not isinstance(answer, dict):
        raise Fault("malformed", "its answer is not a JSON object")
    return answer


def _first_choice(answer: dict[str, Any], redact: Callable[[str], str]) -> dict[str, Any]:
    choices = answer.get("choices")
    if not (isinstance(choices, list) and choices and isinstance(choices[0], dict)):
        raise _reported(answer.get("error"), "no choices", redact)
    choice: dict[str, Any] = choices[0]
    if choice.get("error") or choice.get("finish_reason") == "error":
        raise _reported(choice.get("error"), "its choice is an error", redact)
    return choice


def _reported(error: Any, what: str, redact: Callable[[str], str]) -> Fault:
    """A failure that a proxy reports with status 200."""
    told = error if isinstance(error, dict) else {"message": error}
    said = redact(str(told.get("message") or ""))
    code = str(told.get("code"))
    if code.isdecimal() and 400 <= int(code) < 600:
        return Fault("status", one_line(said), status=int(code))
    return Fault("malformed", one_line(f"{what}; it says: {said}" if said else what))


def _content(content: Any) -> str | None:
    """The text, which some servers send in parts, among them thoughts."""
    if isinstance(content, list) and all(isinstance(part, dict) for part in content):
        texts = [part.get("text") for part in content if part.get("type") == "text"]
        content = "".join(text for text in texts if isinstance(text, str))
    if not isinstance(content, str | None):
        raise Fault("malformed", "its message is not a text")
    return content


def _usage(usage: Any) -> Usage:
    counts = usage if isinstance(usage, dict) else {}
    return Usage(_count(counts.get("prompt_tokens")), _count(counts.get("completion_tokens")))


def _count(value: Any) -> int | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if type(value) is int and value >= 0 else None
