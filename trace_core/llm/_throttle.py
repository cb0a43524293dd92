"""How fast a server may be asked: one clock for all runs of a process that ask it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache

from ._protocol import Reply, Request
from ._waiting import LOOK_S, raise_if_called_off

MINUTE_S = 60.0
CHARACTERS_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Rates:
    """What a server allows; None is no limit.

    Attributes:
        concurrency: calls under way at the same time.
        requests_per_minute: calls begun in any minute.
        tokens_per_minute: of prompts and replies, of the calls begun in any minute.
    """

    concurrency: int | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None


@dataclass(slots=True)
class Call:
    """One call of the last minute: when it began, and its tokens as far as they are known."""

    began: float
    tokens: int


@dataclass(slots=True, eq=False)
class Throttle:
    """Lets calls begin as soon as `rates` allow."""

    rates: Rates
    _recent: deque[Call] = field(default_factory=deque)
    _under_way: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)

    @contextmanager
    def turn(self, request: Request) -> Iterator[Call]:
        """Wait for a turn, and hold it. `count` tells what the call really took.

        Raises:
            KeyboardInterrupt: the wait was called off.
        """
        call = self._begun(estimate(request))
        try:
            yield call
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify()

    def count(self, call: Call, reply: Reply) -> None:
        """Replace the estimate of a call's tokens by what the server said."""
        prompt, written = reply.usage.prompt_tokens, reply.usage.completion_tokens
        if prompt is not None and written is not None:
            with self._changed:
                call.tokens = prompt + written

    def _begun(self, tokens: int) -> Call:
        with self._changed:
            while pause := self.pause_s(time.monotonic(), tokens):
                raise_if_called_off()
                self._changed.wait(min(pause, LOOK_S))
            call = Call(time.monotonic(), tokens)
            self._recent.append(call)
            self._under_way += 1
            return call

    def pause_s(self, now: float, tokens: int) -> float:
        """How long from `now` a call of so many tokens must wait at least; 0 to begin."""
        while self._recent and self._recent[0].began <= now - MINUTE_S:
            self._recent.popleft()
        if self.rates.concurrency is not None and self._under_way >= self.rates.concurrency:
            return MINUTE_S  # or until one of them ends
        if not self._recent or not self._is_full(tokens):
            return 0.0
        return self._recent[0].began + MINUTE_S - now

    def _is_full(self, tokens: int) -> bool:
        requests, per_minute = self.rates.requests_per_minute, self.rates.tokens_per_minute
        if requests is not None and len(self._recent) >= requests:
            return True
        spent = sum(call.tokens for call in self._recent)
        # A call that is larger than a whole minute's tokens begins when no other has.
        return per_minute is not None and spent + tokens > per_minute


_making = threading.Lock()


def throttle_for(server: str, model: str, rates: Rates) -> Throttle:
    """The throttle that everybody in this process shares who asks `model` at `server`."""
    with _making:  # two threads would each make one
        return _made(server, model, rates)


@cache
def _made(server: str, model: str, rates: Rates) -> Throttle:
    return Throttle(rates)


def estimate(request: Request) -> int:
    """About how many tokens a prompt has."""
    return sum(tokens_of(message.content) for message in request.messages)


def tokens_of(text: str) -> int:
    """About how many tokens a text has."""
    return len(text) // CHARACTERS_PER_TOKEN
