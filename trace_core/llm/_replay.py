"""An LLM whose answers were recorded: the same ones, offline, for the same questions."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from trace_core._errors import UserError

from ._exchange import Exchange
from ._nearness import distance
from ._protocol import LLM, Reply, Request
from ._replay_file import recorded_exchanges, recorded_runs


class ReplayMiss(UserError):
    """A recording does not have the question that is asked."""


class ReplayLLM(LLM):
    """Answers as the LLM of one recorded run did, under its name.

    Args:
        path: the recording.
        run: which of its runs.
        drift: also accept a prompt whose numbers differ in their last digit, as they may on
            another machine.
    """

    asks_nobody = True

    def __init__(self, *, path: Path, run: int, drift: bool = False) -> None:
        self._path, self._run, self._drift = path, run, drift
        self._description = recorded_runs(path)[run]

    @property
    def name(self) -> str:
        """That of the LLM that was recorded."""
        return str(self._description["llm"])

    @property
    def is_mock(self) -> bool:
        """Whether that was a mock."""
        return bool(self._description["mock"])

    @property
    def is_priced(self) -> bool:
        """Whether it is known what the answers cost when they were asked for."""
        return all(e.reply.usage.usd is not None for e in self._recorded.values())

    @property
    def context_tokens(self) -> int | None:
        """Those of the LLM that was recorded, so that prompts are cut at the same places."""
        context = self.settings().get("context")
        return context if isinstance(context, int) else None

    def settings(self) -> dict[str, Any]:
        """Those that were recorded."""
        return dict(self._description["config"]["llm"])

    def key(self, request: Request) -> str:
        """That of the recorded exchange."""
        return self._found(request)[0].key

    def complete(self, request: Request) -> Reply:
        """The recorded answer.

        Raises:
            ReplayMiss: there is none.
        """
        exchange, drifted = self._found(request)
        return replace(exchange.reply, cached=True, drifted=drifted)

    def check(self) -> None:
        """Read the recording."""
        _ = self._recorded

    @cached_property
    def _recorded(self) -> dict[str, Exchange]:
        found = recorded_exchanges(self._path, self._run)
        return {exchange.request.digest(): exchange for exchange in found}

    def _found(self, request: Request) -> tuple[Exchange, bool]:
        exact = self._recorded.get(request.digest())
        if exact is not None:
            return exact, False
        near = self._nearest(request) if self._drift else None
        if near is None:
            raise ReplayMiss(_miss(self._path, self._description["id"], drift=self._drift))
        return near, True

    def _nearest(self, request: Request) -> Exchange | None:
        """The recorded exchange whose prompt differs least, and in last digits only."""
        found = [(_distance(e.request, request), e) for e in self._recorded.values()]
        near = [(far, exchange) for far, exchange in found if far is not None]
        return min(near, key=lambda pair: pair[0])[1] if near else None


def _distance(one: Request, other: Request) -> float | None:
    """How far apart the numbers of two requests are; None if they differ otherwise."""
    if replace(one, messages=()) != replace(other, messages=()):
        return None
    if [m.role for m in one.messages] != [m.role for m in other.messages]:
        return None
    pairs = zip(one.messages, other.messages, strict=True)
    found = [distance(a.content, b.content) for a, b in pairs]
    return None if None in found else max((f for f in found if f is not None), default=0.0)


def _miss(path: Path, run: str, *, drift: bool) -> str:
    hint = "" if drift else " If only last digits of numbers differ, llm.drift=true accepts it."
    return (
        f"{path} has no answer to this prompt, which was another one when {run} was recorded.{hint}"
        " To record anew, run it with llm=NAME, then `trace-bench replays pack`."
    )
