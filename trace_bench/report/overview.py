"""All that the page knows before a run is opened: figures, tables, runs, and what to beware of."""

from __future__ import annotations

import base64
import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from trace_bench import __version__, experiments, registry
from trace_bench.across_tasks import THRESHOLDS, Across, across_tasks
from trace_bench.exhibits import AccuracyExhibit, Exhibit, exhibits
from trace_bench.experiments import Figure
from trace_bench.groups import grouped
from trace_bench.mixtures import mixed_versions, said
from trace_bench.numerals import number
from trace_bench.results import Result
from trace_bench.tables import text

from .charts import as_json, short
from .library import Library
from .run_data import summary

Shown = Exhibit | AccuracyExhibit


class Overview:
    """Makes the overview of a library, and keeps what takes long as long as it stays true."""

    def __init__(self, library: Library, figures: Path | None = None) -> None:
        """Of `library`, with pictures of programs from the folder `figures`."""
        self._library = library
        self._figures = figures
        self._known: dict[str, tuple[Any, dict[str, Any]]] = {}

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        entries = self._library.entries
        records = [entry.record for entry in entries.values()]
        labels = {r.id: group.label for group in grouped(records) for r in group.records}
        first = sorted(self._exhibits(), key=_is_beyond)
        shown = [self._exhibit(exhibit) for exhibit in first]
        return {
            "folder": str(self._library.out),
            "version": __version__,
            "made": datetime.now(UTC).isoformat(timespec="seconds"),
            "notices": list(self._notices()),
            "exhibits": shown,
            "across": [_across(each) for each in across_tasks(records)],
            "pictures": list(self._pictures()),
            "runs": [summary(entry, labels[entry.record.id]) for entry in entries.values()],
        }

    def _exhibits(self) -> Iterator[Shown]:
        found = [e.result for e in self._library.entries.values() if e.problem is None]
        covered: set[str] = set()
        for name in registry.names(experiments.KEY):
            for exhibit in exhibits(experiments.load(name), found):
                covered |= {result.record.id for result in exhibit.results}
                yield exhibit
        others = {_problems(r) for r in found if r.record.id not in covered}
        beside = [result for result in found if _problems(result) in others]
        for task in dict.fromkeys(result.record.task for result in beside):
            chosen = [result for result in beside if result.record.task == task]
            yield Exhibit(Figure(task=task, stem=task), chosen, task)

    def _exhibit(self, exhibit: Shown) -> dict[str, Any]:
        key = [self._stamp(result) for result in exhibit.results]
        known = self._known.get(exhibit.name)
        if known is None or known[0] != key:
            self._known[exhibit.name] = known = (key, as_json(exhibit))
        return known[1]

    def _stamp(self, result: Result) -> tuple[Any, ...]:
        """What of a run an exhibit depends on: one under way is only counted."""
        entry = self._library.entries[result.record.id]
        status = entry.record.status
        return (entry.record.id, status, entry.stamp if status in ("finished", "failed") else ())

    def _notices(self) -> Iterator[dict[str, str]]:
        records = [entry.record for entry in self._library.entries.values()]
        if any(record.mock for record in records):
            yield _notice("mock", "A mock LLM answered some runs, at random: no model's results.")
        failed = sum(record.status == "failed" for record in records)
        if failed:
            yield _notice("failed", f"{failed} runs failed. They count as the worst there is.")
        unlike = [record for record in records if record.unlike_recording]
        if unlike:
            first = f"{unlike[0].id}, whose {unlike[0].unlike_recording}"
            yield _notice("replays", f"{len(unlike)} have other scores than recorded: {first}.")
        others = sum(record.status in ("running", "interrupted") for record in records)
        if others:
            said_ = f"{others} runs are not finished; they are in no figure or table."
            yield _notice("unfinished", said_)
        for line in said(mixed_versions(records)):
            yield _notice("versions", f"{line}.")
        for left_out in self._library.left_out:
            yield _notice("left out", f"{left_out.folder.name}: {left_out.reason}")

    def _pictures(self) -> Iterator[dict[str, Any]]:
        """Figures of programs, which no run folder holds: theorems' measurements."""
        if self._figures is None or not self._figures.is_dir():
            return
        for name in registry.names(experiments.KEY):
            found = experiments.load(name)
            path = self._figures / f"{name}.svg"
            if found.program and path.exists():
                svg = base64.b64encode(path.read_bytes()).decode()
                yield {
                    "name": name,
                    "title": found.description,
                    "svg": f"data:image/svg+xml;base64,{svg}",
                    "table": _cells(path.with_suffix(".csv")),
                }


def _problems(result: Result) -> tuple[str, int]:
    """What runs must share to be compared in one figure: the task, and the budget of updates."""
    config = result.record.config
    return json.dumps(config["task"], sort_keys=True), int(config["iterations"])


def _cells(path: Path) -> list[list[str]]:
    if not path.exists():
        return []
    rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
    return [[_cell(cell) for cell in row] for row in rows]


def _cell(cell: str) -> str:
    try:
        return number(float(cell))
    except ValueError:
        return cell


def _is_beyond(exhibit: Shown) -> bool:
    """Whether it is beyond the paper's figures and tables, which come first."""
    return isinstance(exhibit, Exhibit) and exhibit.figure.paper is None


def _notice(kind: str, words: str) -> dict[str, str]:
    return {"kind": kind, "text": words}


def _across(found: Across) -> dict[str, Any]:
    return {
        "tasks": found.tasks,
        "thresholds": THRESHOLDS,
        "methods": [
            {
                "label": method.method,
                "mock": method.mock,
                "n": method.n,
                "iqm": text(method.iqm),
                "better": {other: text(chance) for other, chance in method.better.items()},
                "profile": [short(share) for share in method.profile],
            }
            for method in found.methods
        ],
    }
