"""What a curve may be drawn against: iterations, or what had been spent by then."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate

from trace_core import UserError

from .rows import Row
from .suggestions import did_you_mean, listed

ITERATIONS = "iterations"
Cost = Callable[[Row], float | None]


def _tokens(row: Row) -> float | None:
    sent, received = row.llm.prompt_tokens, row.llm.completion_tokens
    return None if sent is None or received is None else sent + received


COSTS: Mapping[str, Cost] = {
    "calls": lambda row: row.llm.calls,
    "tokens": _tokens,
    "usd": lambda row: row.llm.usd,
    "seconds": lambda row: row.seconds,
}
LABELS = {
    ITERATIONS: "iteration (number of updates)",
    "calls": "LLM calls",
    "tokens": "tokens, sent and received",
    "usd": "money (USD)",
    "seconds": "seconds: task, optimizer and LLM",
}


def require_known(axis: str) -> None:
    """Refuse an axis that there is not."""
    if axis not in LABELS:
        raise UserError(f"There is no axis {axis!r}.{did_you_mean(axis, LABELS)} {_known()}")


def _known() -> str:
    return f"There are: {listed(LABELS)}."


def spent(rows: Sequence[Row], axis: str) -> list[float] | None:
    """Return what a run had spent when it reached each iteration, and in the end; None if unknown.

    An iteration's own cost is that of judging its parameters and of the update made from them, so
    it is spent when the next one is reached: 0 stands for the start, which all methods share.

    Args:
        rows: those of the run.
        axis: a key of `COSTS`.
    """
    costs = [COSTS[axis](row) for row in rows]
    known = [cost for cost in costs if cost is not None]
    return list(accumulate(known, initial=0.0)) if len(known) == len(costs) else None
