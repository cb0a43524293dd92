"""How the runs in a folder stand, read from the folder alone: for whoever looks, wherever they are.

Files of runs under way are read on from where the last look ended, and those of ended runs once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from .claims import latest
from .record import RunRecord
from .rows import LLMUse
from .snapshot import Snapshot, Standing
from .store import RECORD, STEPS, RunFolder, folders
from .sweeps import Planned, planned

RECENT = 10
"""Iterations that rates and times are taken over."""


class Watch:
    """Looks at the runs below `out` again and again.

    Args:
        out: the results folder.
        only: the runs to look at; None is all that are there or planned by a scheduler at work.
    """

    def __init__(self, out: Path, only: Iterable[Planned] | None = None) -> None:
        self._out, self._only = out, only and list(only)
        self._known: dict[str, _Known] = {}

    def look(self) -> Snapshot:
        """Return how things stand now.

        Raises:
            UserError: there is no such folder, or a record in it is damaged.
        """
        return Snapshot.of(self._standings())

    def _standings(self) -> Iterator[Standing]:
        if self._only is None:
            plans = planned(self._out)
            names = dict.fromkeys([*plans, *(folder.path.name for folder in folders(self._out))])
        else:
            plans = {run.id: run for run in self._only}
            names = dict.fromkeys(plans)
        for name in names:
            known = self._known.setdefault(name, _Known())
            known.read_on(self._out / name)
            if known.record:
                yield _standing(self._out / name, known.record, known.steps)
            elif name in plans:
                run = plans[name]
                yield Standing(name, "missing", run.task, run.optimizer, run.iterations)


@dataclass(slots=True)
class _Steps:
    """What is known of a `steps.jsonl`, and up to where it was read."""

    offset: int = 0
    rows: int = 0
    best: float | None = None
    recent: list[tuple[float, int]] = field(default_factory=list)
    calls: int = 0
    tokens: int | None = 0
    usd: float | None = 0.0

    def read_on(self, path: Path, better: Any) -> None:
        try:
            with path.open("rb") as file:
                file.seek(self.offset)
                data = file.read()
        except FileNotFoundError:
            return
        whole = data[: data.rfind(b"\n") + 1]
        self.offset += len(whole)
        for line in whole.splitlines():
            self._add(json.loads(line), better)

    def _add(self, row: Mapping[str, Any], better: Any) -> None:
        score, use = row["score"], row["llm"]
        self.rows += 1
        if isinstance(score, int | float):  # not None, nor the text "NaN"
            self.best = score if self.best is None else better(self.best, score)
        asked = use["calls"] - use["cached"]
        seconds = max(row["seconds"] - LLMUse(**use).seconds_before(), 0.0)
        self.recent = [*self.recent[1 - RECENT :], (seconds, asked)]
        self.calls += use["calls"]
        self.tokens = _plus(self.tokens, _plus(use["prompt_tokens"], use["completion_tokens"]))
        self.usd = _plus(self.usd, use["usd"])


@dataclass(slots=True)
class _Known:
    """What was read of a run, and of which version of its record."""

    stamp: int = 0
    record: RunRecord | None = None
    steps: _Steps = field(default_factory=_Steps)

    def read_on(self, folder: Path) -> None:
        try:
            stamp = (folder / RECORD).stat().st_mtime_ns
        except (FileNotFoundError, NotADirectoryError):
            return
        if stamp != self.stamp:
            self.record, self.stamp = RunFolder(folder).record(), stamp
        if self.record and self.record.status != "finished":
            self.steps.read_on(folder / STEPS, min if self.record.lower_is_better else max)


def _standing(folder: Path, record: RunRecord, steps: _Steps) -> Standing:
    host, iterations = _host(folder, record), int(record.config["iterations"])
    status = "interrupted" if record.status == "running" and host is None else record.status
    about = (record.id, status, record.task, record.optimizer, iterations)
    if status == "finished":
        own = record.ledger
        tokens = _plus(own.prompt_tokens, own.completion_tokens)
        seconds = _here(record) if record.replayed else own.seconds
        step_s = seconds / (own.iterations + 1)
        best, rows = record.metrics.best, own.iterations + 1
        return Standing(*about, rows, best, step_s, own.calls, 0.0, tokens, own.usd)
    seconds = sum(seconds for seconds, _ in steps.recent)
    return Standing(
        *about,
        rows=steps.rows,
        best=steps.best,
        step_s=seconds / len(steps.recent) if steps.recent else 0.0,
        calls=steps.calls,
        calls_per_minute=60 * sum(n for _, n in steps.recent) / seconds if seconds else 0.0,
        tokens=steps.tokens,
        usd=steps.usd,
        host=host or "",
    )


def _here(record: RunRecord) -> float:
    """How long a replay took: its ledger has the waits of when it was recorded."""
    begun, ended = map(datetime.fromisoformat, (record.started, record.finished or record.started))
    return (ended - begun).total_seconds()


def _host(folder: Path, record: RunRecord) -> str | None:
    """Where a run is driven that says it is; None if its process has gone."""
    holder = latest(folder) if record.status == "running" else None
    return None if holder is None or holder.is_free() else holder.host


def _plus(a: Any, b: Any) -> Any:
    return None if a is None or b is None else a + b
