"""Any server that speaks the OpenAI chat protocol."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, TypeVar

from annotated_types import Ge, Gt, Le

from trace_core._errors import UserError

from ._canonical import derived_seed
from ._chat_reply import clean, read_reply
from ._dialect import Dialect
from ._endpoint import Endpoint
from ._explain import explain
from ._fault import Fault
from ._protocol import LLM, LLMUnavailable, Reply, Request, Usage
from ._retry import pause

T = TypeVar("T")


class OpenAIClient(LLM):
    """A chat model behind OPENAI_BASE_URL (OpenAI's own if unset), with the key OPENAI_API_KEY.

    Both are read from the environment; no record and no error holds the key.

    Args:
        model: its name at that server; the default is the paper's.
        temperature: 0 makes answers as repeatable as the server can.
        seed: mixed with the run's seed and the draw into the seed that the server gets;
            None sends none, for servers that refuse it.
        max_tokens: no reply is longer, whatever a request allows.
        max_retries: further attempts at a busy or broken server.
        timeout_s: how long one attempt may take.
    """

    is_mock = False

    def __init__(
        self,
        *,
        model: str = "gpt-4-0125-preview",
        temperature: Annotated[float, Ge(0), Le(2)] = 0.0,
        seed: Annotated[int, Ge(0)] | None = 0,
        max_tokens: Annotated[int, Ge(1)] = 4096,
        max_retries: Annotated[int, Ge(0)] = 8,
        timeout_s: Annotated[float, Gt(0)] = 120.0,
    ) -> None:
        self._model, self._temperature = model, temperature
        self._seed, self._max_tokens = seed, max_tokens
        self._max_retries, self._timeout_s = max_retries, timeout_s
        self._endpoint = Endpoint(timeout_s=timeout_s)
        self._dialect = Dialect()
        self._proven = False

    @property
    def name(self) -> str:
        """The kind of server and the model."""
        return f"openai/{self._model}"

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
        reply, retries = self._patiently(lambda: self._ask(request))
        self._proven = True
        text, seconds = self._endpoint.redact(reply.text), time.perf_counter() - started
        return replace(reply, text=text, seconds=seconds, retries=retries)

    def check(self) -> None:
        """Raise now if the address or the key is wrong."""
        self._patiently(self._endpoint.probe)

    def close(self) -> None:
        """Close the connections."""
        self._endpoint.close()

    def _patiently(self, ask: Callable[[], T]) -> tuple[T, int]:
        """What `ask` returns, and after how many retries."""
        retries = 0
        while True:
            try:
                return ask(), retries
            except Fault as fault:
                wait = pause(fault, retries, self._max_retries, proven=self._proven)
                if wait is None:
                    raise self._user_error(fault, retries + 1) from None
            time.sleep(wait)
            retries += 1

    def _ask(self, request: Request) -> Reply:
        """One attempt, repeated at once while refusals teach what the server accepts."""
        while True:
            mode = self._dialect.mode(request)
            body = self._dialect.body(request, mode)
            try:
                return read_reply(self._endpoint.post(body | self._sampling(request)), mode)
            except Fault as fault:
                if fault.failed_generation is not None:
                    # The model's failure, not the system's: the optimizer will tell it so.
                    written = clean(str(fault.failed_generation))
                    return Reply(written, Usage(None, None), finish_reason="invalid", mode=mode)
                if not self._dialect.learn(request, mode, body, fault):
                    raise

    def _sampling(self, request: Request) -> dict[str, Any]:
        sampling = {"model": self._model, "temperature": self._temperature}
        if self._seed is None:
            return sampling
        return sampling | {"seed": derived_seed(self._seed, request.seed, request.draw)}

    def _user_error(self, fault: Fault, attempts: int) -> UserError:
        line = explain(
            fault,
            server=self._endpoint.origin,
            model=self._model,
            timeout_s=self._timeout_s,
            attempts=attempts,
        )
        kind = LLMUnavailable if fault.may_pass else UserError
        return kind(self._endpoint.redact(line))
