"""An LLM that is none: for tests, demonstrations and continuous integration."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from typing import Any

from ._canonical import canonical, derived_seed
from ._fill import fill
from ._prices import FREE, Price
from ._protocol import LLM, Reply, Request, Usage


class MockLLM(LLM):
    """Answers at once, without any model. Its numbers say nothing about an optimizer.

    By default the answer is JSON that satisfies the request's schema, drawn at random from a hash
    of the request and `seed`: the same in every process, blind to what the request says.

    Args:
        replies: answers to give instead, in this order, beginning anew after the last.
        seed: another seed gives other answers.
    """

    name = "mock"
    is_mock = is_priced = asks_nobody = True

    def __init__(self, *, replies: list[str] | None = None, seed: int = 0) -> None:
        if replies is not None and not replies:
            raise ValueError("replies is empty: give at least one, or None for drawn answers")
        self._replies, self._seed = replies, seed
        self._given = 0
        self._lock = threading.Lock()

    @classmethod
    def price(cls, **settings: Any) -> Price:
        """Nothing."""
        return FREE

    def settings(self) -> dict[str, Any]:
        """The script and the seed."""
        return {"replies": self._replies, "seed": self._seed}

    def complete(self, request: Request) -> Reply:
        """The next line of the script, or what the hash says. Tokens are counted as words."""
        text = self._scripted(self._replies) if self._replies else self._drawn(request)
        asked = sum(len(message.content.split()) for message in request.messages)
        return Reply(text, Usage(asked, len(text.split()), usd=0.0))

    def skip(self) -> None:
        """Let a line of the script pass: it was answered from a record."""
        with self._lock:
            self._given += 1

    def _scripted(self, replies: Sequence[str]) -> str:
        with self._lock:
            place = self._given % len(replies)
            self._given += 1
        return replies[place]

    def _drawn(self, request: Request) -> str:
        rng = random.Random(derived_seed(self._seed, request.as_json()))
        if request.schema is not None:
            return canonical(fill(request.schema, rng))
        return f'No model was asked. {{"value": {rng.uniform(-10, 10):.3f}}}'
