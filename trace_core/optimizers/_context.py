"""How long a prompt may be."""

from __future__ import annotations

from collections.abc import Sequence

from trace_core.llm import LLM

UNKNOWN = 16_000
"""Tokens of a prompt where nobody says how many the LLM's context holds."""
CHARACTERS_PER_TOKEN = 2.5
"""Numbers and code come to so many; prose to four. A prompt that is too long fails."""


def prompt_characters(llm: LLM, max_prompt_tokens: int | None, max_tokens: int) -> int:
    """About how many characters of a prompt fit.

    Args:
        llm: its `context_tokens`, if known, hold the prompt and the reply.
        max_prompt_tokens: the user's limit; None: what the context allows.
        max_tokens: of the reply, which gets half of a small context at most.
    """
    context = getattr(llm, "context_tokens", None)  # an LLM need not be a subclass
    known = UNKNOWN if context is None else context - min(max_tokens, context // 2)
    return int(CHARACTERS_PER_TOKEN * (max_prompt_tokens or known))


def room_beside_reply(llm: LLM, max_tokens: int) -> int:
    """About how many characters of a prompt fit: many LLMs have a lower limit on replies set."""
    settings = getattr(llm, "settings", None)  # an LLM need not be a subclass
    own = settings().get("max_tokens") if settings else None
    reply = min(max_tokens, own) if isinstance(own, int) else max_tokens
    return prompt_characters(llm, None, reply)


def latest(texts: Sequence[str], room: int, gap: str = "") -> list[str]:
    """The last ones that fit into so many characters, with a gap after each.

    The very last one is kept whether it fits or not.
    """
    kept: list[str] = []
    for text in reversed(texts):
        room -= len(text) + len(gap)
        if kept and room < 0:
            break
        kept.append(text)
    return kept[::-1]
