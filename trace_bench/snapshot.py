"""A sweep at one moment: what is done, what it takes, and how long the rest may take."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

UNFINISHED = ("running", "missing", "interrupted")


@dataclass(frozen=True, slots=True)
class Standing:
    """One run at one moment.

    Attributes:
        status: that of its record; "missing" if there is none, "interrupted" if its process has
            gone.
        iterations: updates at most.
        rows: iterations recorded: the start and the updates made.
        best: the best score so far; None if there is none.
        step_s: seconds an iteration takes, by the latest ones; 0 if none is known.
        usd: None if a price is not known; likewise `tokens`.
        host: where it is driven.
    """

    id: str
    status: str
    task: str
    optimizer: str
    iterations: int
    rows: int = 0
    best: float | None = None
    step_s: float = 0.0
    calls: int = 0
    calls_per_minute: float = 0.0
    tokens: int | None = 0
    usd: float | None = 0.0
    host: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All runs at one moment.

    Attributes:
        statuses: how many runs have which status.
        left_s: what the rest takes, by the measured times of iterations and with as many runs at a
            time as now; None where nothing runs, or nothing has been measured.
    """

    statuses: Mapping[str, int]
    running: tuple[Standing, ...]
    calls: int
    calls_per_minute: float
    tokens: int | None
    usd: float | None
    left_s: float | None

    @classmethod
    def of(cls, runs: Iterable[Standing]) -> Snapshot:
        """Sum up."""
        runs = list(runs)
        running = tuple(run for run in runs if run.status == "running")
        return cls(
            statuses=Counter(run.status for run in runs),
            running=running,
            calls=sum(run.calls for run in runs),
            calls_per_minute=sum(run.calls_per_minute for run in running),
            tokens=_sum([run.tokens for run in runs]),
            usd=_sum([run.usd for run in runs]),
            left_s=_left_s(runs, len(running)),
        )

    @property
    def total(self) -> int:
        """How many runs there are."""
        return sum(self.statuses.values())

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {**asdict(self), "statuses": dict(self.statuses), "total": self.total}


def _left_s(runs: Iterable[Standing], at_a_time: int) -> float | None:
    """Iterations that are left, each as long as the mean of its kind."""
    times: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for run in runs:
        if run.step_s:
            times[run.task, run.optimizer].append(run.step_s)
    means = {kind: sum(found) / len(found) for kind, found in times.items()}
    left = [run for run in runs if run.status in UNFINISHED]
    if not left:
        return 0.0
    if not means or not at_a_time:
        return None
    overall = sum(means.values()) / len(means)
    seconds = [
        max(run.iterations + 1 - run.rows, 0) * means.get((run.task, run.optimizer), overall)
        for run in left
    ]
    return max(sum(seconds) / at_a_time, max(seconds))


def _sum(values: list[Any]) -> Any:
    return None if None in values else sum(values)
