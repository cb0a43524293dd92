"""Our LLM as DSPy's: what a DSPy program asks is recorded, replayed, counted and limited too.

Importing this needs the package dspy. Its own client, cache and retries are not used.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Self

import dspy
from dspy import lm15

from trace_core._streams import current_stream, stream

from ._canonical import digest
from ._protocol import LLM, Message, Reply, Request

MODEL = "trace-core"
"""What DSPy calls it: a name that means nothing to it, so that it assumes nothing."""


@dataclass(frozen=True, slots=True)
class _Call:
    """One call of a `RunLM`: DSPy's number for it, and which of its completions is next."""

    rollout: Any = None
    place: Iterator[int] = field(default_factory=count)


_CALL: ContextVar[_Call] = ContextVar("trace_core_dspy_call")


class RunLM(dspy.LM):  # type: ignore[misc]
    """A `dspy.LM` whose answers come from an `LLM`.

    Args:
        llm: who answers.
        max_tokens: length of a reply.
        shared: for a program that several threads run. Each distinct request is asked once, as
            with DSPy's own cache, and has a stream of its own: so neither the threads' order nor
            DSPy's repetition of slow requests changes an answer.
    """

    def __init__(self, llm: LLM, *, max_tokens: int, shared: bool = False) -> None:
        engine = _Engine(llm, shared)
        super().__init__(MODEL, engine=engine, max_tokens=max_tokens, cache=False, num_retries=0)

    def __call__(self, prompt: Any = None, *, messages: Any = None, **options: Any) -> Any:
        """Ask, as DSPy's modules do."""
        token = _CALL.set(_Call(options.get("rollout_id", self.kwargs.get("rollout_id"))))
        try:
            return super().__call__(prompt, messages=messages, **options)
        finally:
            _CALL.reset(token)


@contextmanager
def failures_raised(*lms: RunLM) -> Iterator[None]:
    """Raise what an LLM raised in this block.

    DSPy would take a dead server, or a limit that was reached, for wrong answers.
    """
    try:
        yield
    finally:
        for lm in lms:
            if lm.engine.failure is not None:
                raise lm.engine.failure


@contextmanager
def shared_random_state_kept() -> Iterator[None]:
    """Leave the generator that all code shares as it is: DSPy names its modules by draws of it."""
    state = random.getstate()
    try:
        yield
    finally:
        random.setstate(state)


class _Engine:
    """One attempt at one request, in DSPy's form. After a failure of the LLM there are no more."""

    supports_response_schema = True
    supported_params = frozenset({"temperature", "max_tokens", "response_format"})

    def __init__(self, llm: LLM, shared: bool) -> None:
        self.failure: BaseException | None = None
        self._llm, self._shared = llm, shared
        self._asked: dict[str, Future[Reply]] = {}
        self._lock = threading.Lock()

    def __deepcopy__(self, memo: Any) -> Self:
        """Copies of a program share the LLM."""
        return self

    def complete(self, request: Any) -> Any:
        """Answer a `dspy.lm15.Request`."""
        if self.failure is not None:
            raise self.failure
        try:
            asked = _translated(request)
            reply = self._once(asked) if self._shared else self._llm.complete(asked)
        except BaseException as error:
            self.failure = self.failure or error
            raise
        return _response(reply)

    def _once(self, request: Request) -> Reply:
        call = _CALL.get()
        own = digest([request.as_json(), call.rollout])[:16]
        place = f"{current_stream() or 'dspy'}/{own}/{next(call.place):02}"
        with self._lock:
            is_first = place not in self._asked
            answer = self._asked.setdefault(place, Future())
        if is_first:
            try:
                with stream(place):
                    answer.set_result(self._llm.complete(request))
            except BaseException as error:
                answer.set_exception(error)
        return answer.result()


def _translated(request: Any) -> Request:
    system = request.system
    if system is not None and not isinstance(system, str):
        system = "".join(part.text for part in system)
    turns = [Message("system", system)] if system else []
    turns += [Message(message.role, message.text or "") for message in request.messages]
    config = request.config
    wanted = config.response_format or {}
    return Request(
        tuple(turns),
        schema=wanted.get("schema"),
        max_tokens=config.max_tokens,
        temperature=config.temperature,
    )


def _response(reply: Reply) -> Any:
    return lm15.Response(
        id=None,
        model=MODEL,
        message=lm15.Message.assistant([lm15.TextPart(reply.text)]),
        finish_reason="stop",  # what it really was is in the record; DSPy would only log it
        usage=lm15.Usage(
            input_tokens=reply.usage.prompt_tokens, output_tokens=reply.usage.completion_tokens
        ),
    )
