"""Methods over several tasks, by calibrated scores: 0 = the task's reference policy, 1 = solved.

Only methods that were run on the same tasks can be compared so; every set of tasks that several
methods have in common is a comparison of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .compare import problem
from .groups import labels_without
from .inference import improvement_over_tasks, iqm_over_tasks, profile
from .outcomes import counts
from .record import RunRecord
from .statistics import Estimate

THRESHOLDS = tuple(k / 50 for k in range(-25, 51))
"""Of performance profiles: half as bad again as the reference policy, to solved."""

NOT_OF_TASKS = frozenset({"optimizer", "llm", "sandbox"})
NOT_OF_METHODS = frozenset({"task", "iterations", "sandbox"})
"""Parts of a config."""

Scores = Mapping[str, Mapping[tuple[str, int], float]]
"""By task, then by problem."""


@dataclass(frozen=True, slots=True)
class Overall:
    """One method over the tasks of a comparison.

    Attributes:
        n: runs, over all tasks.
        iqm: interquartile mean of their calibrated scores, with its stratified interval.
        better: for each other method, the probability of being better on a problem, averaged over
            tasks.
        profile: the share of runs above each of `THRESHOLDS`.
    """

    method: str
    mock: bool
    n: int
    iqm: Estimate
    better: Mapping[str, Estimate]
    profile: Sequence[float]


@dataclass(frozen=True, slots=True)
class Across:
    """A comparison on the tasks that some methods have in common."""

    tasks: tuple[str, ...]
    methods: tuple[Overall, ...]


def across_tasks(records: Iterable[RunRecord]) -> list[Across]:
    """Return a comparison for each set of two or more tasks that two or more methods share.

    A task with other settings, or with another number of updates, is another task.
    """
    ended = [record for record in records if counts(record)]
    families = labels_without(
        ended, NOT_OF_TASKS, optimizer="", llm=None, mock=False, replayed=None
    )
    methods = labels_without(ended, NOT_OF_METHODS, task="")
    mocks = {methods[record.id]: record.mock for record in ended}
    found: dict[str, dict[str, dict[tuple[str, int], float]]] = {}
    for record in ended:
        family = f"{record.task} {families[record.id]}".rstrip()
        scores = found.setdefault(methods[record.id], {}).setdefault(family, {})
        scores[problem(record)] = calibrated(record)
    sets = sorted({tuple(sorted(tasks)) for tasks in found.values() if len(tasks) > 1})
    return [a for tasks in sets for a in [_across(tasks, found, mocks)] if len(a.methods) > 1]


def calibrated(record: RunRecord) -> float:
    """Return a run's calibrated score; a failure is worse than any, and all solutions are equal."""
    score = record.metrics.calibrated
    if record.stop_reason == "solved":
        return 1.0
    return -math.inf if record.status == "failed" or score is None else score


def _across(tasks: Sequence[str], found: Mapping[str, Scores], mocks: Mapping[str, bool]) -> Across:
    having = {
        label: {task: scores[task] for task in tasks}
        for label, scores in found.items()
        if set(tasks) <= set(scores)
    }
    made = [_overall(label, having, mock=mocks[label]) for label in having]
    return Across(tuple(tasks), tuple(made))


def _overall(label: str, having: Mapping[str, Scores], *, mock: bool) -> Overall:
    own = having[label]
    scores = {task: list(values.values()) for task, values in own.items()}
    pooled = [score for values in scores.values() for score in values]
    others = {other: _chance(own, theirs) for other, theirs in having.items() if other != label}
    better = {other: chance for other, chance in others.items() if chance is not None}
    iqm = iqm_over_tasks(scores)
    return Overall(label, mock, len(pooled), iqm, better, profile(pooled, THRESHOLDS))


def _chance(own: Scores, theirs: Scores) -> Estimate | None:
    wins = {
        task: [_win(own[task][p], theirs[task][p]) for p in own[task] if p in theirs[task]]
        for task in own
    }
    return improvement_over_tasks(wins) if all(wins.values()) else None


def _win(mine: float, other: float) -> float:
    return 0.5 if mine == other else float(mine > other)
