"""Sweeps in this process, told to nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trace_bench.plan import Run, plan
from trace_bench.record import RunRecord
from trace_bench.sweep import sweep


class Quiet:
    """A progress that only keeps what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def says(self, text: str) -> None:
        self.said.append(text)

    def started(self, out: Path) -> None: ...

    def ended(self, record: RunRecord, *, skipped: bool) -> None: ...


def toys(*overrides: str) -> list[Run]:
    """Runs of the toy plugin."""
    return plan(["task=toy", "optimizer=toy_walk", "llm=mock", *overrides], multirun=True)


def swept(runs: list[Run], out: Path, **options: Any) -> list[RunRecord]:
    """The records of a sweep."""
    return sweep(runs, out, Quiet(), **options)
