"""How a sweep stands, for people: the live view, the lines of a log, and `trace-bench status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .numerals import number
from .snapshot import Snapshot, Standing

if TYPE_CHECKING:
    from rich.console import RenderableType

SHOWN = 12
"""Runs under way that are listed."""
WORDS = {
    "running": "running",
    "failed": "failed",
    "interrupted": "interrupted",
    "missing": "not begun",
}
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86400


def as_lines(now: Snapshot) -> list[str]:
    """Return how things stand: all runs on the first line, then those under way."""
    listed = [_line(run) for run in now.running[:SHOWN]]
    if len(now.running) > SHOWN:
        listed.append(f"and {len(now.running) - SHOWN} more")
    return [" · ".join([_counts(now), *_llm(now), *_left(now)]), *listed]


def as_view(now: Snapshot) -> RenderableType:
    """Return the same for a terminal, with a bar."""
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    first, *listed = as_lines(now)
    head = Table.grid(padding=(0, 1))
    over = sum(now.statuses.get(status, 0) for status in ("finished", "failed"))
    head.add_row(ProgressBar(total=now.total, completed=over, width=30), Text(first))
    return Group(head, *(Text(f"  {line}", overflow="ellipsis", no_wrap=True) for line in listed))


def duration(seconds: float) -> str:
    """Return a time in the two largest units that it has: "2 h 05 min"."""
    if seconds < MINUTE_S:
        return f"{seconds:.0f} s"
    if seconds < HOUR_S:
        return f"{seconds / MINUTE_S:.0f} min"
    large, small = (HOUR_S, MINUTE_S) if seconds < DAY_S else (DAY_S, HOUR_S)
    words = {HOUR_S: "h", MINUTE_S: "min", DAY_S: "d"}
    whole, rest = divmod(round(seconds / small), large // small)
    return f"{whole} {words[large]} {rest:02} {words[small]}"


def _counts(now: Snapshot) -> str:
    finished = now.statuses.get("finished", 0)
    others = [f"{n} {word}" for status, word in WORDS.items() if (n := now.statuses.get(status))]
    return ", ".join([f"{finished} of {now.total} runs finished", *others])


def _llm(now: Snapshot) -> list[str]:
    if not now.calls:
        return []
    parts = [f"{now.calls} LLM calls"]
    if now.calls_per_minute:
        parts.append(f"{number(now.calls_per_minute)} a minute")
    if now.tokens is not None:
        parts.append(f"{now.tokens:,} tokens")
    parts.append("price unknown" if now.usd is None else f"{number(now.usd)} USD")
    return [", ".join(parts)]


def _left(now: Snapshot) -> list[str]:
    return [f"about {duration(now.left_s)} left"] if now.left_s else []


def _line(run: Standing) -> str:
    best = "no score yet" if run.best is None else f"best {number(run.best)}"
    speed = f", {run.step_s:.2g} s each" if run.step_s else ""
    done = max(run.rows - 1, 0)
    return f"{run.id}: {done} of {run.iterations} updates{speed}, {best} ({run.host})"
