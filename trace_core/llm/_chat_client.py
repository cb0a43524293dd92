"""Asking a server that speaks the OpenAI chat protocol, patiently."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from trace_core._errors import UserError

from ._canonical import derived_seed
from ._chat_reply import clean, read_reply
from ._dialect import Dialect
from ._endpoint import Endpoint
from ._explain import explain, refuses_this_one
from ._fault import Fault
from ._prices import Price
from ._protocol import LLM, LLMUnavailable, Reply, Request, RequestRefused, Usage
from ._retry import pause
from ._throttle import Rates, estimate, throttle_for, tokens_of
from ._waiting import sleep

T = TypeVar("T")


class ChatClient(LLM, ABC):
    """A chat model behind some `Endpoint`; whose it is, a subclass says.

    Args:
        model: its name at that server.
        temperature: 0 makes answers as repeatable as the server can.
        seed: mixed with the run's seed and the draw into the seed that the server gets;
            None sends none, for servers that refuse it.
        max_tokens: no reply is longer, whatever a request allows.
        max_retries: further attempts at a busy or broken server.
        timeout_s: how long one attempt may take.
        rates: how fast the server may be asked, by all clients of this process together.
        price: of its tokens; None if unknown.
    """

    is_mock = False

    def __init__(
        self,
        *,
        model: str,
        temperature: float,
        seed: int | None,
        max_tokens: int,
        max_retries: int,
        timeout_s: float,
        rates: Rates,
        price: Price | None,
    ) -> None:
        self._model, self._temperature = model, temperature
        self._seed, self._max_tokens = seed, max_tokens
        self._max_retries, self._timeout_s = max_retries, timeout_s
        self._rates, self._price = rates, price
        self._dialect = Dialect()
        self._proven = False

    @abstractmethod
    def _endpoint(self) -> Endpoint:
        """Where to ask."""

    @property
    def is_priced(self) -> bool:
        """Whether a price is known."""
        return self._price is not None

    def settings(self) -> dict[str, Any]:
        """What answers depend on; patience with the server is not among it."""
        return {
            "model": self._model,
            "temperature": self._temperature,
            "seed": self._seed,
            "max_tokens": self._max_tokens,
        }

    def complete(self, request: Request) -> Reply:
        """Ask, again where that may help."""
        started = time.perf_counter()
        request = replace(request, max_tokens=min(request.max_tokens, self._max_tokens))
        reply, faults = self._patiently(lambda: self._ask(request))
        self._proven = True
        usage = _sum_with(reply.usage, faults)
        return replace(
            reply,
            usage=replace(usage, usd=self._usd(usage)),
            seconds=time.perf_counter() - started,
            retries=len(faults),
        )

    def check(self) -> None:
        """Raise now if the address or the key is wrong."""
        self._patiently(self._endpoint().probe)

    def close(self) -> None:
        """Close the connections."""
        self._endpoint().close()

    def _patiently(self, ask: Callable[[], T]) -> tuple[T, list[Fault]]:
        """What `ask` returns, and the attempts that failed before."""
        faults: list[Fault] = []
        while True:
            try:
                return ask(), faults
            except Fault as fault:
                wait = pause(fault, len(faults), self._max_retries, proven=self._proven)
                faults.append(fault)
                if wait is None:
                    raise self._user_error(fault, len(faults)) from None
            sleep(wait)

    def _ask(self, request: Request) -> Reply:
        """One attempt, repeated at once while refusals teach what the server accepts."""
        while True:
            mode = self._dialect.mode(request)
            body = self._dialect.body(request, mode)
            try:
                return self._attempt(request, body | self._sampling(request), mode)
            except Fault as fault:
                if fault.failed_generation is not None:
                    # The model's failure, not the system's: the optimizer will tell it so.
                    written = clean(fault.failed_generation)
                    usage = Usage(estimate(request), tokens_of(written))  # the server counts none
                    return Reply(written, usage, finish_reason="invalid", mode=mode)
                if not self._dialect.learn(request, mode, body, fault):
                    raise

    def _attempt(self, request: Request, body: dict[str, Any], mode: str) -> Reply:
        endpoint = self._endpoint()
        throttle = throttle_for(endpoint.origin, self._model, self._rates)
        with throttle.turn(request) as call:
            reply = read_reply(endpoint.post(body), mode, endpoint.redact)
            throttle.count(call, reply)
        return reply

    def _usd(self, usage: Usage) -> float | None:
        return None if self._price is None else self._price.usd(usage)

    def _sampling(self, request: Request) -> dict[str, Any]:
        asked = request.temperature
        temperature = self._temperature if asked is None else asked
        sampling = {"model": self._model, "temperature": temperature}
        if self._seed is None:
            return sampling
        place = (request.stream,) if request.stream else ()
        return sampling | {"seed": derived_seed(self._seed, request.seed, request.draw, *place)}

    def _user_error(self, fault: Fault, attempts: int) -> UserError:
        line = explain(
            fault,
            server=self._endpoint().origin,
            model=self._model,
            timeout_s=self._timeout_s,
            attempts=attempts,
            proven=self._proven,
        )
        if refuses_this_one(fault, proven=self._proven):
            return RequestRefused(line)
        broken = fault.kind == "malformed" and self._proven
        return (LLMUnavailable if fault.may_pass or broken else UserError)(line)


def _sum_with(usage: Usage, faults: Sequence[Fault]) -> Usage:
    """What an answer took, with the answers of no use that were billed before it."""
    for lost in (fault.usage for fault in faults if fault.usage):
        usage = Usage(
            _sum(usage.prompt_tokens, lost.prompt_tokens),
            _sum(usage.completion_tokens, lost.completion_tokens),
        )
    return usage


def _sum(told: int | None, lost: int | None) -> int | None:
    return None if told is None else told + (lost or 0)
