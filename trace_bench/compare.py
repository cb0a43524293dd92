"""`trace-bench compare A B`: two methods on the problems that both were tried on."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from trace_core import UserError

from .groups import grouped, labels_without
from .inference import Paired, holm, paired
from .mixtures import mixed_versions
from .numerals import number
from .outcomes import SCORE, counts, final, lower_is_better
from .plain import plain
from .record import RunRecord
from .selection import Selection
from .statistics import FEWEST
from .store import folders
from .suggestions import did_you_mean, listed

Key = tuple[str, int]
"""A problem: its task with all settings, and the seed."""
LEVEL = 0.05
"""The highest p-value at which a method is called better."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two methods on one task.

    Attributes:
        task: its name, with the settings that set it apart if there are several of this name.
        a, b: the labels of the methods.
        unit: what the score is.
        lower_is_better: which scores are good.
        only_a, only_b: problems that only one of them was tried on; not compared.
        unfinished_a, unfinished_b: runs that have not ended; not compared either.
        result: the paired statistics.
        adjusted: the p-value, adjusted for the number of tasks (Holm); None without a test.
        mock: whether one of them is a mock LLM's, and so no result about a model.
        mixed: packages of which the runs have different versions.
        updates_a, updates_b: how many updates the runs might make.
    """

    task: str
    a: str
    b: str
    unit: str
    lower_is_better: bool
    only_a: int
    only_b: int
    result: Paired
    adjusted: float | None
    mock: bool
    mixed: tuple[str, ...] = ()
    updates_a: int = 0
    updates_b: int = 0
    unfinished_a: int = 0
    unfinished_b: int = 0

    @property
    def budgets(self) -> str:
        """What to know if one might make more updates than the other; else ""."""
        if self.updates_a == self.updates_b:
            return ""
        return f"unequal budgets: A might make {self.updates_a} updates, B {self.updates_b}"

    @property
    def shown(self) -> Literal["too few", "nothing", "better", "worse"]:
        """What is shown of B: by Wilcoxon's test, adjusted for all that are made with it."""
        if self.result.n < FEWEST:
            return "too few"
        if self.adjusted is None or self.adjusted > LEVEL or not self.result.favours:
            return "nothing"
        return "better" if self.result.favours > 0 else "worse"

    @property
    def verdict(self) -> str:
        """The result in words, with its uncertainty."""
        found, known = self.result, self.result.difference
        told = f"B better on {found.better} of {found.n} problems, worse on {found.worse}"
        if math.isnan(known.value):
            told += "; each failed where the other did not: there is no median difference"
        else:
            told += f"; median difference B - A {number(known.value)}"
        if self.shown == "too few":
            return f"{told}. Fewer than {FEWEST} problems: too few to tell."
        if known.low is not None and known.high is not None:
            told += f" [{number(known.low)}, {number(known.high)}]"
        if self.adjusted is None:
            return f"{told}. No difference is shown: all are tied."
        p = f"p = {self.adjusted:.2g}"
        if self.shown == "nothing":
            return f"{told}. No difference is shown: {p}."
        return f"{told}. {'B' if self.shown == 'better' else 'A'} is better: {p}."

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return dict(plain({**asdict(self), "verdict": self.verdict}))


def compare(a: str, b: str, out: Path, metric: str = SCORE) -> list[Comparison]:
    """Compare the runs that two descriptions choose, task by task.

    Args:
        a: a folder of run folders, KEY=VALUE[,KEY=VALUE] to choose runs in `out` (task,
            optimizer, llm, seed, or a setting such as optimizer.memory_size), or both:
            FOLDER,KEY=VALUE.
        b: likewise.
        out: a folder of run folders.
        metric: "score", or a held-out metric.

    Raises:
        UserError: a description chooses nothing, several runs of one problem, or runs of several
            methods; or there is no problem that both were tried on.
    """
    (left, open_a), (right, open_b) = _chosen(a, out), _chosen(b, out)
    same = next((key for key, record in left.items() if right.get(key) == record), None)
    if same:
        raise UserError(f"{a} and {b} both choose the run {left[same].id}: nothing to compare.")
    found = compared(left, right, metric, (open_a, open_b))
    if not found:
        raise UserError(f"{a} and {b} have no finished runs of a common problem (task and seed).")
    return found


def compared(
    left: Mapping[Key, RunRecord],
    right: Mapping[Key, RunRecord],
    metric: str = SCORE,
    unfinished: tuple[Set[Key], Set[Key]] = (frozenset(), frozenset()),
) -> list[Comparison]:
    """Compare runs of two methods by problem, task by task; empty without common problems.

    Args:
        left: the runs of A that have ended.
        right: those of B.
        metric: "score", or a held-out metric.
        unfinished: the problems on which a run of A, and of B, has not ended.

    Raises:
        UserError: the runs of one side differ in more than the problem.
    """
    tasks = list(dict.fromkeys(key[0] for key in left if key in right))
    names = _task_names([*left.values(), *right.values()])
    found = [_comparison(left, right, task, metric, names) for task in tasks]
    ps = holm([result.p for _, result in found])
    return [
        Comparison(**parts, **_left_out(left, right, task, unfinished), result=r, adjusted=p)
        for task, (parts, r), p in zip(tasks, found, ps, strict=True)
    ]


def _left_out(
    left: Mapping[Key, RunRecord],
    right: Mapping[Key, RunRecord],
    task: str,
    unfinished: tuple[Set[Key], Set[Key]],
) -> dict[str, Any]:
    """Count what of a task is not compared, and why."""
    open_a, open_b = unfinished
    missing = {
        "only_a": left.keys() - right.keys() - open_b,
        "only_b": right.keys() - left.keys() - open_a,
        "unfinished_a": open_a,
        "unfinished_b": open_b,
    }
    return {why: sum(name == task for name, _ in keys) for why, keys in missing.items()}


def _comparison(
    left: Mapping[Key, RunRecord],
    right: Mapping[Key, RunRecord],
    task: str,
    metric: str,
    names: Mapping[str, str],
) -> tuple[dict[str, Any], Paired]:
    seeds = sorted(seed for name, seed in left if name == task and (name, seed) in right)
    pairs = [(left[task, seed], right[task, seed]) for seed in seeds]
    values = [_finals(x, y, metric) for x, y in pairs]
    first, second = pairs[0]
    lower = lower_is_better(first, metric)
    parts = {
        "task": names[first.id],
        "a": _label("A", [x for x, _ in pairs], [y for _, y in pairs]),
        "b": _label("B", [y for _, y in pairs], [x for x, _ in pairs]),
        "unit": first.metric if metric == SCORE else metric,
        "lower_is_better": lower,
        "mock": any(r.mock for pair in pairs for r in pair),
        "mixed": tuple(mixed_versions(r for pair in pairs for r in pair)),
        "updates_a": int(first.config["iterations"]),
        "updates_b": int(second.config["iterations"]),
    }
    return parts, paired([x for x, _ in values], [y for _, y in values], lower_is_better=lower)


def _task_names(records: Sequence[RunRecord]) -> dict[str, str]:
    """For each run its task, with the settings that set it apart from another of this name."""
    others = {key for record in records for key in record.config} - {"task"}
    labels = labels_without(records, others, optimizer="", llm=None, mock=False, replayed=None)
    return {r.id: f"{r.task} {labels[r.id]}".rstrip() for r in records}


def _label(side: str, records: Sequence[RunRecord], others: Sequence[RunRecord]) -> str:
    """The label that tells the records' method from that of the others.

    Raises:
        UserError: they are not all of one method.
    """
    methods = {
        group.label: n
        for group in grouped([*records, *others])
        if (n := sum(record in records for record in group.records))
    }
    if len(methods) > 1:
        told = ", ".join(f"{label} ({n} runs)" for label, n in methods.items())
        raise UserError(f"{side} is more than one method: {told}. Say more: [FOLDER,]KEY=VALUE.")
    return next(iter(methods))


def _finals(a: RunRecord, b: RunRecord, metric: str) -> tuple[float, float]:
    """The values to compare: of two runs that solved their problem they are the same."""
    one, other = _final(a, metric), _final(b, metric)
    if metric == SCORE and a.stop_reason == b.stop_reason == "solved":
        return one, one
    return one, other


def _final(record: RunRecord, metric: str) -> float:
    value = final(record, metric)
    if value is None:
        known = {SCORE, *record.metrics.held_out}
        raise UserError(
            f"{record.id} has no metric {metric!r}.{did_you_mean(metric, known)} "
            f"It has: {listed(known)}."
        )
    return value


def place(words: str, out: Path) -> tuple[Path, str]:
    """Return the folder that a description is about, and the settings that choose runs in it.

    Raises:
        UserError: it is none.
    """
    if Path(words).is_dir():
        return Path(words), ""
    folder, _, settings = words.partition(",")
    if "=" in settings and Path(folder).is_dir():
        return Path(folder), settings
    if "=" in words:
        return out, words
    raise UserError(f"{words!r} is neither a folder nor KEY=VALUE[,KEY=VALUE].")


def _chosen(words: str, out: Path) -> tuple[dict[Key, RunRecord], Set[Key]]:
    """The ended runs that a description chooses, by problem; and the problems of the others."""
    folder, settings = place(words, out)
    there = records = _records(folder)
    if settings:
        selection = Selection.of(settings)
        selection.require_known(there)
        records = [record for record in there if record in selection]
    ended = [record for record in records if counts(record)]
    if not ended:
        labels = listed({group.label for group in grouped(there)}) if settings else ""
        raise UserError(f"{words!r} chooses no finished run.{labels and f' There are: {labels}.'}")
    found: dict[Key, RunRecord] = {}
    for record in ended:
        key = problem(record)
        if key in found:
            raise UserError(
                f"{words!r} chooses two runs of one problem, {found[key].id} and {record.id}: "
                "say more, for instance [FOLDER,]optimizer=NAME,optimizer.KEY=VALUE."
            )
        found[key] = record
    return found, {problem(record) for record in records if not counts(record)} - found.keys()


def problem(record: RunRecord) -> Key:
    """Return which problem a run is about."""
    return json.dumps(record.config["task"], sort_keys=True), record.seed


def _records(folder: Path) -> list[RunRecord]:
    return [record for f in folders(folder) for record in [f.record()] if record]
