"""One request with its reply, as data, and the sum of many."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Self, TypeVar

from ._protocol import Message, Reply, Request, Usage

N = TypeVar("N", int, float)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its reply; `key` names the answer: LLM, settings, request, seed and draw."""

    key: str
    llm: str
    request: Request
    reply: Reply

    def as_json(self) -> dict[str, Any]:
        """Plain data, for a step's row and a record's line."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The reverse.

        Raises:
            KeyError, TypeError: the data is not of that form.
        """
        request, reply = dict(data["request"]), dict(data["reply"])
        request["messages"] = tuple(Message(**message) for message in request["messages"])
        reply["usage"] = Usage(**reply["usage"])
        return cls(data["key"], data["llm"], Request(**request), Reply(**reply))


@dataclass(frozen=True, slots=True)
class Ledger:
    """What a run's answers cost, whenever they were asked for.

    An answer that a resumed run reads from its own record was paid by that run, so it counts in
    full, and `cached` says how many there were: `calls - cached` reached the LLM this time.

    Attributes:
        calls: answers received.
        cached: those of them that were read from the record.
        retries: failed attempts before them.
        drifted: answers that were recorded for prompts with other last digits.
        prompt_tokens: sent; None if a server did not say.
        completion_tokens: received; None if a server did not say.
        usd: None if any price is unknown.
        seconds: spent waiting, when they were asked for.
    """

    calls: int = 0
    cached: int = 0
    retries: int = 0
    drifted: int = 0
    prompt_tokens: int | None = 0
    completion_tokens: int | None = 0
    usd: float | None = 0.0
    seconds: float = 0.0

    @classmethod
    def of(cls, exchanges: Iterable[Exchange]) -> Ledger:
        """The sum over `exchanges`."""
        return cls.of_replies(exchange.reply for exchange in exchanges)

    @classmethod
    def of_replies(cls, replies: Iterable[Reply]) -> Ledger:
        """The sum over `replies`."""
        return sum(map(_entry, replies), cls())

    def __add__(self, other: Ledger) -> Ledger:
        return Ledger(
            calls=self.calls + other.calls,
            cached=self.cached + other.cached,
            retries=self.retries + other.retries,
            drifted=self.drifted + other.drifted,
            prompt_tokens=_known_sum(self.prompt_tokens, other.prompt_tokens),
            completion_tokens=_known_sum(self.completion_tokens, other.completion_tokens),
            usd=_known_sum(self.usd, other.usd),
            seconds=self.seconds + other.seconds,
        )

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def _entry(reply: Reply) -> Ledger:
    usage = reply.usage
    return Ledger(
        calls=1,
        cached=int(reply.cached),
        retries=reply.retries,
        drifted=int(reply.drifted),
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        usd=usage.usd,
        seconds=reply.seconds,
    )


def _known_sum(a: N | None, b: N | None) -> N | None:
    return None if a is None or b is None else a + b
