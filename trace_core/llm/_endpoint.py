"""A chat server, reached through the official client."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from trace_core._errors import UserError

from ._connections import Address, borrow, connect_timeout_s, give_back
from ._fault import Fault, fault_of
from ._waiting import wait_for

if TYPE_CHECKING:
    import openai

_PUBLIC_SERVER = "https://api.openai.com/v1"
_LARGEST_ANSWER = 32 << 20
_SHORTEST_SECRET = 8
"""Local servers are given keys such as "none", which are words and no secrets."""


class Endpoint:
    """An address with its key; every failure is a `Fault`, every call one attempt."""

    def __init__(self, url: str, key: str, *, timeout_s: float) -> None:
        self._address = Address(url, key, timeout_s)
        self.origin = _origin(url)
        self._borrowed: openai.OpenAI | None = None
        self._lock = threading.Lock()

    @classmethod
    def of_environment(cls, *, timeout_s: float) -> Self:
        """OPENAI_BASE_URL with OPENAI_API_KEY.

        Raises:
            UserError: there is no key, or one of them cannot be right.
        """
        return cls(_url(), _key(), timeout_s=timeout_s)

    def post(self, body: Mapping[str, Any]) -> bytes:
        """The raw answer to a chat request, without the key: the rest is the reader's business."""
        completions = self._client().chat.completions.with_raw_response
        return self._content(lambda: completions.create(**body), self._address.timeout_s)

    def probe(self) -> None:
        """Ask for the list of models: free, and it shows that address and key are right."""
        models = self._client().models.with_raw_response
        patience_s = connect_timeout_s(self._address.timeout_s)
        try:
            self._content(lambda: models.list(timeout=patience_s), patience_s)
        except Fault as fault:
            # Not every server has such a list; one that is busy or ill is not misconfigured.
            if fault.kind == "unreachable" or fault.status in (401, 403):
                raise

    def redact(self, text: str) -> str:
        """`text` without the key, should the server have repeated it."""
        key = self._address.key
        return text.replace(key, "***") if len(key) >= _SHORTEST_SECRET else text

    def close(self) -> None:
        """Let go of the connections; the next call opens new ones."""
        with self._lock:
            borrowed, self._borrowed = self._borrowed, None
        if borrowed is not None:
            give_back(self._address)

    def _client(self) -> openai.OpenAI:
        with self._lock:
            if self._borrowed is None:
                self._borrowed = borrow(self._address)
            return self._borrowed

    def _content(self, call: Callable[[], Any], timeout_s: float) -> bytes:
        """What one attempt brings.

        The client's own time-outs are for parts: a server that sends a byte now and then, as
        proxies do to keep a connection, would never be late.
        """
        import openai

        try:
            content: bytes = wait_for(
                lambda: call().content, timeout_s + connect_timeout_s(timeout_s)
            )
        except TimeoutError:
            raise Fault("timeout") from None
        except openai.OpenAIError as error:
            raise fault_of(error, self.redact) from None
        if len(content) > _LARGEST_ANSWER:
            raise Fault("malformed", f"its answer has {len(content)} bytes")
        return content


def origin_of_environment() -> str:
    """Which server would be asked, whether there is a key or not."""
    return _origin(_url())


def _url() -> str:
    return os.environ.get("OPENAI_BASE_URL", "").strip() or _PUBLIC_SERVER


def _key() -> str:
    key = os.environ.get("OPENAI_API_KEY", "").strip()
    if not key:
        raise UserError(
            "There is no LLM key: set OPENAI_API_KEY (and OPENAI_BASE_URL for a server other than "
            "OpenAI's; one without keys takes any word), ask a model on this machine with "
            "llm=local (pip install 'trace-bench[local]'), or try things out with llm=mock. In "
            "Python: OptoPrime(parameters, LocalLLM()), or MockLLM(), from trace_core.llm."
        )
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise UserError("OPENAI_API_KEY holds characters that no key has: set it again.")
    return key


def _origin(url: str) -> str:
    """Scheme, host and port: an address fit for error texts, as the rest may hold secrets."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.scheme not in ("http", "https"):
        raise UserError("OPENAI_BASE_URL is no address: it looks like http://localhost:8000/v1.")
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")
