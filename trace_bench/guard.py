"""What may end a run from outside, asked before every call to its LLM and after every iteration."""

from __future__ import annotations

from typing import Any, cast

from trace_core import UserError
from trace_core.llm import LLM, Reply, Request

from .stopping import raise_if_stopping
from .store import RunFolder
from .sweep_limits import Allowance


class Guard:
    """The run must still be ours, nobody has pressed Ctrl-C, and the sweep has something left."""

    def __init__(
        self, folder: RunFolder, allowance: Allowance | None, *, pays: bool = True
    ) -> None:
        """Guard a run.

        Args:
            folder: the run's.
            allowance: its part in the limits of its sweep.
            pays: whether its calls count; those of a replay do not.
        """
        self._folder, self._allowance = folder, allowance
        self._purse = allowance if pays else None
        self._unsettled: UserError | None = None

    def before_a_call(self) -> None:
        """Raise unless the LLM may be asked."""
        raise_if_stopping()
        self._folder.require_claim()
        if self._unsettled:
            raise self._unsettled
        if self._purse:
            self._purse.reserve()

    def after_a_call(self, reply: Reply | None) -> None:
        """Count an answer, None for none; raise if nobody may keep it.

        What cannot be counted is paid all the same: it is kept, and no more is asked.
        """
        try:
            if self._purse:
                self._purse.settle(reply)
        except UserError as error:
            self._unsettled = error
        if reply:
            self._folder.require_claim()

    def after_an_iteration(self, seconds: float, *, goes_on: bool) -> None:
        """Count the seconds of a new iteration; raise if the run goes on and may not."""
        if self._allowance and seconds:
            self._allowance.spend(seconds, goes_on=goes_on)
        if goes_on:
            raise_if_stopping()

    def watching(self, llm: LLM) -> LLM:
        """Return the LLM, asked under these conditions.

        Raises:
            UserError: money is limited, and its price is not known.
        """
        if self._purse:
            self._purse.require_priced(llm)
        return cast("LLM", _Guarded(llm, self))


class _Guarded:
    """An LLM in every other respect."""

    def __init__(self, llm: LLM, guard: Guard) -> None:
        self._llm, self._guard = llm, guard

    def __getattr__(self, name: str) -> Any:
        return getattr(self._llm, name)

    def complete(self, request: Request) -> Reply:
        self._guard.before_a_call()
        reply = None
        try:
            reply = self._llm.complete(request)
        finally:
            self._guard.after_a_call(reply)
        return reply
