"""What an LLM is to the rest of the program: messages in, text and usage out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol

from trace_core._errors import UserError

from ._canonical import digest

if TYPE_CHECKING:
    from ._prices import Price


class LLMUnavailable(UserError):
    """Whoever should answer is down or busy, which may pass: the same call may succeed later."""


class RequestRefused(UserError):
    """The server answers, but not this request: it is too long, or what it says is not allowed."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation; `role` is "system", "user" or "assistant"."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked: the conversation, and the JSON schema that the reply should satisfy, if any.

    `seed` (the run's), `stream` (who asks, of those who ask at the same time) and `draw` (how many
    identical requests this stream has made before) tell samples apart: equal requests get equal
    answers, another draw another sample. A `Recorder` fills them in.

    `temperature` is None where the LLM's own is meant.
    """

    messages: tuple[Message, ...]
    schema: Mapping[str, Any] | None = None
    max_tokens: int = 4096
    seed: int = 0
    draw: int = 0
    stream: str = ""
    temperature: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain data, equal for equal requests; what few requests have is left out of others."""
        data = asdict(self)
        for name, usual in (("stream", ""), ("temperature", None)):
            if data[name] == usual:
                del data[name]
        return data

    def digest(self) -> str:
        """What is the same for equal requests, whoever is asked."""
        return digest(self.as_json())


@dataclass(frozen=True, slots=True)
class Usage:
    """What one answer cost. None where the server or the price list does not say: never a 0.

    Of a reply that the server rejects itself it counts no tokens: they are estimated.
    """

    prompt_tokens: int | None = 0
    completion_tokens: int | None = 0
    usd: float | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer.

    Attributes:
        text: what the LLM wrote.
        usage: tokens and money.
        finish_reason: the server's word: "stop", or "length" for a truncated text; "refusal" and
            "invalid" are ours, for a declined request and for JSON that the server rejected.
        seconds: from the call to the answer, retries included.
        cached: read from a record rather than asked for.
        mode: how the schema was asked for: "json_schema" is enforced by the server,
            "json_object" only as far as being JSON, "text" by words in the prompt or not at all.
        retries: failed attempts before this answer.
        drifted: recorded for a prompt that had other last digits.
    """

    text: str
    usage: Usage = Usage()
    finish_reason: str = "stop"
    seconds: float = 0.0
    cached: bool = False
    mode: str = "text"
    retries: int = 0
    drifted: bool = False


class LLM(Protocol):
    """Anything that answers a `Request`, from several threads at once."""

    @property
    def name(self) -> str:
        """What result rows and legends call it, for instance "openai/gpt-4-0125-preview"."""

    @property
    def is_mock(self) -> bool:
        """True if its answers come from no model, so that no figure passes them off as one's."""

    @property
    def is_priced(self) -> bool:
        """True if every reply says what it cost, so that money can be limited."""
        return False

    @classmethod
    def price(cls, **settings: Any) -> Price | None:
        """What tokens cost with these settings; None if it is not known. Needs no key."""
        return None  # most do not know

    @property
    def server(self) -> str | None:
        """Where it is asked, for records, without keys and passwords; None if nowhere else."""
        return None

    @property
    def asks_nobody(self) -> bool:
        """True if it answers without any model or server, so that it may while offline."""
        return False

    @property
    def context_tokens(self) -> int | None:
        """How many tokens prompt and reply may have together; None if that is not known."""
        return None

    def settings(self) -> dict[str, Any]:
        """All that its answers depend on beside the request: model, temperature, seed. No keys."""

    def key(self, request: Request) -> str:
        """What names the answer to a request in records: LLM, settings, request, seed and draw."""
        return digest([self.name, self.settings(), request.as_json()])

    def complete(self, request: Request) -> Reply:
        """Answer.

        Raises:
            UserError: the user must do something first (no key, endpoint down, unknown model).
        """

    def skip(self) -> None:
        """Note that an answer came from a record in place of this LLM."""
        return  # most have no order of answers

    def check(self) -> None:
        """Raise the `UserError` now that the first request would meet. Costs nothing."""
        return  # most have nothing that could be missing

    def close(self) -> None:
        """Let go of connections and files."""
        return  # most hold none
