"""How much a run may ask of its LLM."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Gt

from trace_core._errors import UserError

from ._exchange import Ledger
from ._protocol import LLM


class LimitReached(UserError):
    """A run has had all it may have. It can go on with a larger limit."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Hard limits, checked before each call: None is no limit.

    Answers that a resumed run reads from its record count as well, for they were paid. The call
    that crosses a limit of tokens, money or time is the last one.

    Attributes:
        calls: answers.
        tokens: of prompts and replies together.
        usd: by the price list.
        seconds: spent waiting for answers.
    """

    calls: Annotated[int, Ge(0)] | None = None
    tokens: Annotated[int, Ge(0)] | None = None
    usd: Annotated[float, Ge(0)] | None = None
    seconds: Annotated[float, Gt(0)] | None = None

    def require_known(self, llm: LLM) -> None:
        """Raise before anything is paid if money is limited and the price unknown."""
        if self.usd is not None and not llm.is_priced:
            raise UserError(_unknown("usd", self.usd))

    def check(self, ledger: Ledger, under_way: int = 0) -> None:
        """Raise unless another call may be made.

        Args:
            ledger: what the run has had.
            under_way: calls that have not been answered yet.

        Raises:
            LimitReached: it may not.
            UserError: a limit is on something that the server does not tell.
        """
        for name, limit, had in self._pairs(ledger, under_way):
            if had is None:
                counted = None not in (ledger.prompt_tokens, ledger.completion_tokens)
                raise UserError(_unknown(name, limit, counted=counted))
            if had >= limit:
                raise LimitReached(f"limits.{name}={limit:g} reached, with {had:.6g}")

    def _pairs(self, ledger: Ledger, under_way: int) -> Iterator[tuple[str, float, float | None]]:
        prompt, written = ledger.prompt_tokens, ledger.completion_tokens
        tokens = None if prompt is None or written is None else prompt + written
        had = {
            "calls": ledger.calls + under_way,
            "tokens": tokens,
            "usd": ledger.usd,
            "seconds": ledger.seconds,
        }
        for name, value in had.items():
            limit = getattr(self, name)
            if limit is not None:
                yield name, limit, value


UNLIMITED = Limits()


def _unknown(name: str, limit: float, *, counted: bool = True) -> str:
    if name == "usd" and counted:
        return (
            f"limits.usd={limit:g} cannot be kept, because no price of this LLM is known: give it "
            "with llm.usd_per_million=[PROMPTS,REPLIES], or limit tokens."
        )
    return f"limits.{name}={limit:g} cannot be kept, because the server counts none: limit calls."
