"""What `trace-bench reproduce` may spend in all: handed out run by run."""

from __future__ import annotations

from dataclasses import dataclass, replace

from trace_core import UserError

from . import registry
from .plan import Run
from .record import RunRecord

MAY_COST = frozenset({"openai", "auto"})
"""Kinds of LLMs that may ask for money."""


@dataclass(slots=True)
class Purse:
    """What is left; None is no limit.

    Attributes:
        usd: money, by the price list.
        tokens: of prompts and replies together.
    """

    usd: float | None = None
    tokens: int | None = None

    def require(self, llm: str | None) -> None:
        """Refuse an LLM that may cost money while there is no limit."""
        if llm is None or (self.usd, self.tokens) != (None, None):
            return
        registry.check_name("llm", llm)
        if registry.config("llm", llm)["kind"] in MAY_COST:
            raise UserError(
                f"--llm {llm} may cost money: say how much in all with --usd X, or --tokens N "
                "where no price is known."
            )

    def allowed(self, run: Run) -> Run:
        """Return the run with what is left as its limits.

        Raises:
            UserError: nothing is left.
        """
        if run.llm is None or run.is_replayed or (self.usd, self.tokens) == (None, None):
            return run
        for what, left in (("--usd", self.usd), ("--tokens", self.tokens)):
            if left is not None and left <= 0:
                raise UserError(f"what {what} allows is spent. A larger one goes on from here.")
        limits = replace(run.asking.limits, usd=self.usd, tokens=self.tokens)
        return replace(run, asking=replace(run.asking, limits=limits))

    def pay(self, record: RunRecord) -> None:
        """Take out what a run took."""
        used = record.ledger
        if self.usd is not None:
            self.usd -= used.usd or 0.0
        if self.tokens is not None:
            self.tokens -= (used.prompt_tokens or 0) + (used.completion_tokens or 0)
