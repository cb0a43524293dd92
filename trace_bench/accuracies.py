"""Accuracies on the subsets of BIG-Bench Hard, ours and the paper's, and their means."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from .groups import grouped
from .inference import accuracy
from .outcomes import counts
from .record import RunRecord
from .selection import Selection
from .statistics import Estimate
from .store import folders

VARIANT = re.compile(r"_(three|five|seven)_objects$|_variant_\d$")
"""What the variants of a task end with. The paper's table does not say which of its is which."""
TABLE, SUMMARY = "bbh_table.csv", "bbh_summary.csv"


@dataclass(frozen=True, slots=True)
class Method:
    """Runs that differ in nothing but seed and subset.

    Attributes:
        paper: the paper's name for it, None if it has none.
        llm: who answered.
        runs: those that have ended, by subset.
    """

    label: str
    paper: str | None
    llm: str
    runs: Mapping[str, Sequence[RunRecord]]


def methods(
    out: Path, task: str, papers: Mapping[str, str], only: Collection[str] | None = None
) -> list[Method]:
    """Read the runs of a task that has subsets.

    Args:
        out: a folder of run folders.
        task: the task's name.
        papers: for each method of the paper, the words that choose our runs of it.
        only: the ids of the runs to look at; None for all.
    """
    there = [folder.record() for folder in folders(out)]
    return methods_of([r for r in there if r and (only is None or r.id in only)], task, papers)


def methods_of(records: Iterable[RunRecord], task: str, papers: Mapping[str, str]) -> list[Method]:
    """Return the methods among these runs; see `methods`."""
    found = {record.id: record for record in records}
    chosen = [record for record in found.values() if record.task == task]
    groups = grouped(map(_without_subset, chosen))
    made = [_method(g.label, [found[r.id] for r in g.records], papers) for g in groups]
    order = [*papers, None]
    return sorted(made, key=lambda method: (order.index(method.paper), method.label))


def ours(runs: Sequence[RunRecord]) -> Estimate:
    """Right answers in percent of a subset's test examples, with the Wilson interval.

    A run that failed has none right; there is no interval then, for its examples are unknown.
    """
    if any(run.status == "failed" for run in runs):
        return Estimate(sum(map(_share, runs)) / len(runs))
    found = accuracy(total(runs, "test_right"), total(runs, "test_examples"))
    assert found.low is not None and found.high is not None
    return Estimate(100 * found.value, 100 * found.low, 100 * found.high)


def papers(method: Method, subset: str) -> float | None:
    """The paper's accuracy; of a variant that it does not name, the mean over all variants."""
    if method.paper is None:
        return None
    table = published(TABLE)
    if subset in table:
        return table[subset][method.paper]
    task = VARIANT.sub("", subset)
    values = [row[method.paper] for name, row in table.items() if VARIANT.sub("", name) == task]
    return sum(values) / len(values) if values else None


def total(runs: Iterable[RunRecord], metric: str) -> int:
    """Add up a count over runs."""
    return int(sum(run.metrics.held_out.get(metric, 0) for run in runs))


def means(values: Mapping[str, float], *, by_task: bool) -> list[float]:
    """The values to be averaged: one a subset, or the mean over the variants of each task."""
    tasks: dict[str, list[float]] = {}
    for subset, value in values.items():
        tasks.setdefault(VARIANT.sub("", subset) if by_task else subset, []).append(value)
    return [sum(variants) / len(variants) for variants in tasks.values()]


@cache
def published(file: str) -> Mapping[str, Mapping[str, float]]:
    """Read numbers of the paper: the first column names the rows, the head the columns."""
    text = (resources.files("trace_bench") / "reference" / file).read_text(encoding="utf-8")
    rows = list(csv.reader(text.splitlines()))
    return {
        name: dict(zip(rows[0][1:], map(float, values), strict=True)) for name, *values in rows[1:]
    }


def _without_subset(record: RunRecord) -> RunRecord:
    task = {key: value for key, value in record.config["task"].items() if key != "subset"}
    return record.model_copy(update={"config": {**record.config, "task": task}})


def _method(label: str, records: Sequence[RunRecord], papers: Mapping[str, str]) -> Method:
    first = records[0]
    runs: dict[str, list[RunRecord]] = {}
    for record in filter(counts, records):
        runs.setdefault(str(record.config["task"]["subset"]), []).append(record)
    paper = next((name for name, words in papers.items() if first in Selection.of(words)), None)
    return Method(label, paper, "mock, not a model" if first.mock else first.llm or "-", runs)


def _share(run: RunRecord) -> float:
    held_out = run.metrics.held_out
    return 0.0 if run.status == "failed" else held_out["test_accuracy"]
