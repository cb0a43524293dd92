"""One failed attempt to get an answer, whatever the client library calls it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import openai

    from ._protocol import Usage

Kind = Literal["unreachable", "dropped", "timeout", "status", "malformed"]

TRANSIENT = {408, 409, 429}
_NEVER_CONNECTED = {"ConnectError", "ConnectTimeout", "ProxyError", "UnsupportedProtocol"}
_SHOWN_CHARACTERS = 300
_WORDED = ("message", "msg", "detail", "error")
"""Where servers put their words."""


@dataclass(eq=False)
class Fault(Exception):
    """What went wrong, in the words of the server where it had any.

    `status`, `code`, `param` and `headers` are those of an HTTP error answer; `usage` is what an
    answer of no use has cost nevertheless.
    """

    kind: Kind
    message: str = ""
    status: int | None = None
    code: str = ""
    param: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    failed_generation: str | None = None
    usage: Usage | None = None

    @property
    def may_pass(self) -> bool:
        """Whether the same request may be answered later, with nothing changed."""
        if self.kind == "status":
            return self.status in TRANSIENT or (self.status or 0) >= 500
        return self.kind != "malformed"


def fault_of(error: openai.OpenAIError, redact: Callable[[str], str]) -> Fault:
    """Sort an error of the openai client; `redact` takes secrets out of what the server said."""
    import openai

    if isinstance(error, openai.APIStatusError):
        return _status_fault(error, redact)
    # By name, because openai 2 uses httpx and openai 3 httpx2.
    cause = type(error.__cause__).__name__
    if cause in _NEVER_CONNECTED:
        return Fault("unreachable", cause)
    if isinstance(error, openai.APITimeoutError):
        return Fault("timeout")
    return Fault("dropped", cause)


def _status_fault(error: openai.APIStatusError, redact: Callable[[str], str]) -> Fault:
    body = error.body if isinstance(error.body, dict) else {}
    written = body.get("failed_generation")
    return Fault(
        "status",
        # Redacted before it is cut, for half of a key is a secret too.
        one_line(redact(_page(_words(error.body) or error.response.text))),
        status=error.status_code,
        code=redact(str(body.get("code") or "")),
        param=redact(str(body.get("param") or "")),
        headers=error.response.headers,
        failed_generation=None if written is None else redact(str(written)),
    )


def _page(text: str) -> str:
    """An error page's title; other texts as they are."""
    if not text.lstrip().startswith("<"):
        return text
    title = re.search(r"<title>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
    return f"an HTML page: {title[1]}" if title else "an HTML page"


def _words(body: Any) -> str:
    """The message of an error body. Leaves out what some servers echo of the request."""
    if isinstance(body, str):
        return body
    if isinstance(body, list):
        return "; ".join(_words(entry) for entry in body)
    if not isinstance(body, dict):
        return ""
    at = body.get("loc")
    place = ".".join(str(part) for part in at) if isinstance(at, list) else ""
    words = next(filter(None, (_words(body.get(name)) for name in _WORDED)), "")
    return f"{place}: {words}" if place else words


def one_line(text: str) -> str:
    """Text that fits into an error line."""
    return " ".join(text.split())[:_SHOWN_CHARACTERS]
