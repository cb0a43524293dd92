"""What can be concluded from runs: paired differences, accuracies, several tasks at once.

Pure functions; scipy does the work. Everything random is seeded: equal numbers give equal digits.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .statistics import CONFIDENCE, FEWEST, RESAMPLES, Array, Estimate, estimate, iqm


@dataclass(frozen=True, slots=True)
class Paired:
    """B against A on common problems.

    Attributes:
        n: how many problems both were tried on.
        better: on how many of them B was better; likewise `worse` and `tied`.
        difference: median of B - A in the score's unit, with its bootstrap interval over problems.
        p: of Wilcoxon's signed-rank test (two-sided, ties dropped); None if nothing differs or
            there are fewer than 5 pairs.
        favours: the sign of that test's rank sum: 1 if the larger differences are for B, -1 for A.
        improvement: probability that B is better on a problem, ties counting half.
    """

    n: int
    better: int
    worse: int
    tied: int
    difference: Estimate
    p: float | None
    favours: int
    improvement: float


def paired(
    a: Sequence[float] | Array, b: Sequence[float] | Array, *, lower_is_better: bool
) -> Paired:
    """Compare two methods on the same problems, pair by pair.

    Args:
        a: A's score on each problem; an infinite one stands for a failure.
        b: B's scores on the same problems in the same order.
        lower_is_better: which scores are good.

    Raises:
        ValueError: the lengths differ, or there are none.
    """
    if len(a) != len(b) or len(a) == 0:
        raise ValueError(f"paired scores are needed, not {len(a)} and {len(b)}")
    differences = np.array([_difference(x, y) for x, y in zip(a, b, strict=True)])
    gains = -differences if lower_is_better else differences
    better, worse = int(np.sum(gains > 0)), int(np.sum(gains < 0))
    tied = len(gains) - better - worse
    ranks = _signed_ranks(gains)
    return Paired(
        n=len(gains),
        better=better,
        worse=worse,
        tied=tied,
        difference=estimate(differences, "median"),
        p=_wilcoxon(ranks) if len(gains) >= FEWEST else None,
        favours=int(np.sign(np.sum(ranks))),
        improvement=(better + tied / 2) / len(gains),
    )


def holm(ps: Sequence[float | None]) -> list[float | None]:
    """Adjust p-values for their number (Holm 1979); None, a test that was not made, stays None."""
    known = sorted((p, i) for i, p in enumerate(ps) if p is not None)
    adjusted: list[float | None] = [None] * len(ps)
    highest = 0.0
    for rank, (p, i) in enumerate(known):
        highest = max(highest, min(1.0, p * (len(known) - rank)))
        adjusted[i] = highest
    return adjusted


def accuracy(right: int, n: int) -> Estimate:
    """Return the share of right answers with its Wilson interval.

    Raises:
        ValueError: not 0 <= right <= n, or n is 0.
    """
    from scipy import stats

    found = stats.binomtest(right, n).proportion_ci(CONFIDENCE, method="wilson")
    return Estimate(right / n, float(found.low), float(found.high))


def mean_of_tasks(accuracies: Sequence[float]) -> Estimate:
    """Return the mean of tasks' accuracies; its interval resamples tasks, the clusters.

    It says how far another choice of tasks might have moved the mean.
    """
    return estimate(accuracies, "mean")


def iqm_over_tasks(scores: Mapping[str, Sequence[float]]) -> Estimate:
    """Return the interquartile mean over the runs of all tasks.

    The interval is a stratified bootstrap, which resamples the runs of each task by themselves
    (Agarwal et al. 2021, "Deep RL at the edge of the statistical precipice").

    Args:
        scores: calibrated scores of the runs of each task.
    """

    def pooled(*parts: Array, axis: int = -1) -> Array:
        return np.asarray(iqm(np.concatenate(parts, axis=axis), axis=axis))

    return _stratified(scores, pooled)


def improvement_over_tasks(wins: Mapping[str, Sequence[float]]) -> Estimate:
    """Return the probability that a method is better than another, averaged over tasks.

    The interval resamples the problems of each task by themselves.

    Args:
        wins: for each problem of each task, 1 if it was better, 0 if worse, 0.5 for a tie.
    """

    def averaged(*parts: Array, axis: int = -1) -> Array:
        return np.asarray(sum(np.mean(part, axis=axis) for part in parts) / len(parts))

    return _stratified(wins, averaged)


def _stratified(strata: Mapping[str, Sequence[float]], statistic: Callable[..., Array]) -> Estimate:
    samples = [np.asarray(values, dtype=float) for values in strata.values()]
    with np.errstate(invalid="ignore"):
        value = float(statistic(*samples))
    if min(map(len, samples)) < FEWEST or not math.isfinite(value):
        return Estimate(value)
    from scipy import stats

    with np.errstate(invalid="ignore", over="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)  # equal values: no width
        found = stats.bootstrap(
            samples,
            statistic,
            n_resamples=RESAMPLES,
            confidence_level=CONFIDENCE,
            method="percentile",
            rng=np.random.default_rng(0),
            vectorized=True,
        ).confidence_interval
    # Between a failure and a score there is no place: the end is the failure's.
    low, high = np.nan_to_num(found, nan=-math.inf, posinf=math.inf, neginf=-math.inf)
    return Estimate(value, float(low), float(high))


def profile(scores: Sequence[float], thresholds: Sequence[float]) -> list[float]:
    """Return the share of runs whose calibrated score is above each threshold."""
    sample = np.asarray(scores, dtype=float)
    return [float(np.mean(sample > threshold)) for threshold in thresholds]


def _difference(a: float, b: float) -> float:
    """Return b - a, 0 if both failed."""
    return 0.0 if a == b else b - a


def _signed_ranks(differences: Array) -> Array:
    """Rank what is not 0 by its size, with its sign: finite, in the same order."""
    from scipy import stats

    nonzero = differences[differences != 0]
    return np.asarray(np.sign(nonzero) * stats.rankdata(np.abs(nonzero)))


def _wilcoxon(ranks: Array) -> float | None:
    if len(ranks) == 0:
        return None
    from scipy import stats

    return float(stats.wilcoxon(ranks).pvalue)
