"""What `trace-bench reproduce` says at its end: what was run, what was left out, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .reproduce import Reproduced

if TYPE_CHECKING:
    from rich.console import Console

REASON_CHARACTERS = 200


def show(done: Sequence[Reproduced], console: Console) -> None:
    """Print a paragraph for each experiment."""
    for found in done:
        console.print(f"{found.name}: {_counts(found)}", markup=False, style="bold")
        for what, reasons in found.left_out.items():
            text = f"  left out: {what}{_times(len(reasons))}: {_short(reasons[0])}"
            console.print(text, markup=False, highlight=False, soft_wrap=True)
        for path in found.files:
            console.print(f"  {path}", markup=False, highlight=False, soft_wrap=True)


def _counts(found: Reproduced) -> str:
    parts = [f"{found.ran} runs made", f"{found.before} finished before"]
    parts += [f"{found.failed} of them failed"] if found.failed else []
    parts += [f"{found.replayed} replayed from recordings"] if found.replayed else []
    parts += [f"{found.mock} answered by the mock LLM, no model's results"] if found.mock else []
    left = sum(map(len, found.left_out.values()))
    parts += [f"{left} left out"] if left else []
    return ", ".join(parts)


def _times(count: int) -> str:
    return f" ({count} ×)" if count > 1 else ""


def _short(text: str) -> str:
    return text if len(text) <= REASON_CHARACTERS else f"{text[:REASON_CHARACTERS]}…"
