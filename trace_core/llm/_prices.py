"""What tokens cost: `prices.csv`, a list that says where and when each price was looked up."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources

from ._protocol import Usage

MILLION = 1e6


@dataclass(frozen=True, slots=True)
class Price:
    """USD for a million tokens of prompts and of replies, without discounts."""

    prompt: float
    completion: float

    def usd(self, usage: Usage) -> float | None:
        """What an answer cost; None if its tokens are unknown."""
        if usage.prompt_tokens is None or usage.completion_tokens is None:
            return None
        written = usage.completion_tokens * self.completion
        return (usage.prompt_tokens * self.prompt + written) / MILLION


FREE = Price(0.0, 0.0)


def list_price(server: str, model: str) -> Price | None:
    """The price of exactly that model at that server; None if the list does not have it."""
    return _prices().get((server, model))


@cache
def _prices() -> dict[tuple[str, str], Price]:
    text = resources.files("trace_core.llm").joinpath("prices.csv").read_text(encoding="utf-8")
    return {
        (row["server"], row["model"]): Price(
            float(row["usd_per_million_prompt"]), float(row["usd_per_million_completion"])
        )
        for row in csv.DictReader(text.splitlines())
    }
