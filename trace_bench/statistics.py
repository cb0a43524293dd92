"""Numbers over seeds, with their uncertainty. Pure functions.

Mean, median and interquartile mean are weighted sums of the sorted values. So is each of them for a
bootstrap resample: sorted value i was drawn c_i times, which moves weight towards or away from it.
Those weights depend on the number of values alone, not on the values; with them, all resamples of
all iterations of a curve are one matrix product. `scipy.stats.bootstrap` sorts every resample anew,
which takes a minute for the curves of a thousand runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

CONFIDENCE = 0.95
RESAMPLES = 10_000
FEWEST = 5
"""With fewer runs an interval would claim more than is known: points only."""
TOGETHER = 256
"""Samples whose resamples are in memory at the same time: 20 MB."""


def mean(values: Array, axis: int = -1) -> Any:
    """Return the arithmetic mean."""
    return np.mean(values, axis=axis)


def median(values: Array, axis: int = -1) -> Any:
    """Return the median."""
    return np.median(values, axis=axis)


def iqm(values: Array, axis: int = -1) -> Any:
    """Return the interquartile mean: the mean without the lowest and the highest quarter."""
    values = np.asarray(values)
    cut = values.shape[axis] // 4
    middle = np.sort(values, axis=axis).take(range(cut, values.shape[axis] - cut), axis=axis)
    return np.mean(middle, axis=axis)


STATISTICS: dict[str, Callable[..., Any]] = {"mean": mean, "median": median, "iqm": iqm}


@dataclass(frozen=True, slots=True)
class Estimate:
    """A statistic of some runs, with the ends of its 95 % interval if there are enough runs."""

    value: float
    low: float | None = None
    high: float | None = None


def estimate(values: Sequence[float] | Array, statistic: str) -> Estimate:
    """Return a statistic with its bootstrap interval over `values`.

    The resampling is seeded: equal values give equal digits. An infinite value stands for a
    failure that no finite score is as bad as: it moves a median like any bad run, makes a mean
    infinite, and an end of an interval too if there are many.

    Args:
        values: one number a run; at least one.
        statistic: a key of `STATISTICS`.
    """
    return estimates([values], statistic)[0]


def estimates(samples: Sequence[Sequence[float] | Array], statistic: str) -> list[Estimate]:
    """Return what `estimate` returns for each of several samples, such as a curve's iterations."""
    by_length: dict[int, list[int]] = {}
    for k, sample in enumerate(samples):
        by_length.setdefault(len(sample), []).append(k)
    found: dict[int, Estimate] = {}
    for places in by_length.values():
        table = np.array([samples[k] for k in places], dtype=float)
        found |= zip(places, _estimates(table, statistic), strict=True)
    return [found[k] for k in range(len(samples))]


def _estimates(samples: Array, statistic: str) -> list[Estimate]:
    if len(samples) > TOGETHER:
        parts = np.array_split(samples, math.ceil(len(samples) / TOGETHER))
        return [found for part in parts for found in _estimates(part, statistic)]
    with np.errstate(invalid="ignore"):  # failures on both sides have no middle
        values = STATISTICS[statistic](samples)
    # Of an infinite mean or IQM nothing is known but that; of a median, how many failed.
    known = ~np.isnan(values) if statistic == "median" else np.isfinite(values)
    known &= samples.shape[1] >= FEWEST
    ends = iter(_intervals(samples[known], statistic))
    return [
        Estimate(float(value), *(next(ends) if is_known else ()))
        for value, is_known in zip(values, known, strict=True)
    ]


def _intervals(samples: Array, statistic: str) -> list[tuple[float, float]]:
    """Percentile intervals, of a mean expanded: see `_tail`."""
    if not len(samples):
        return []
    n = samples.shape[1]
    resampled = _weighted(np.sort(samples), _resample_weights(statistic, n, RESAMPLES))
    lower = math.floor(_tail(statistic, n) * (RESAMPLES - 1))
    upper = RESAMPLES - 1 - lower
    ends = np.partition(resampled, (lower, upper))[:, (lower, upper)]
    value = STATISTICS[statistic](samples)
    # Equal values: the sum of their weights is 1 but for rounding.
    low, high = np.minimum(ends[:, 0], value), np.maximum(ends[:, 1], value)
    return list(zip(low.tolist(), high.tolist(), strict=True))


def _tail(statistic: str, n: int) -> float:
    """The share of resamples on each side of the interval.

    Resampled means spread less than means do, by √((n-1)/n), and a normal quantile stands where
    Student's should: 95 % intervals of 5 normal values would hold the truth 84 times in 100. The
    expanded percentile interval (Hesterberg 2015, "What teachers should know about the bootstrap")
    makes up for both. Medians and interquartile means need no such thing: it would make them too
    wide.
    """
    tail = (1 - CONFIDENCE) / 2
    if statistic != "mean":
        return tail
    from scipy.special import ndtr, stdtrit

    return float(ndtr(math.sqrt(n / (n - 1)) * stdtrit(n - 1, tail)))


@lru_cache(maxsize=8)
def _resample_weights(statistic: str, n: int, resamples: int) -> Array:
    rng = np.random.default_rng(0)
    return weights_of_resamples(statistic, rng.multinomial(n, np.full(n, 1 / n), size=resamples))


def weights_of_resamples(statistic: str, drawn: NDArray[np.int64]) -> Array:
    """Return the weights of sorted values with which their sum is a resample's statistic.

    If the i lowest values were drawn k times in all, they stand at the first k places of the
    sorted resample, and have together the weight of these places.

    Args:
        statistic: a key of `STATISTICS`.
        drawn: how often each resample (a row) has each of the n sorted values; rows add up to n.
    """
    places = np.cumsum(drawn, axis=1)
    weight_of_first = np.concatenate([[0.0], np.cumsum(_weights(statistic, drawn.shape[1]))])
    return np.diff(weight_of_first[places], axis=1, prepend=0.0)


def _weights(statistic: str, n: int) -> Array:
    """What the statistic gives each of n sorted values."""
    cut = {"mean": 0, "iqm": n // 4, "median": (n - 1) // 2}[statistic]
    weights = np.zeros(n)
    weights[cut : n - cut] = 1 / (n - 2 * cut)
    return weights


def _weighted(ordered: Array, weights: Array) -> Array:
    """Weighted sums of rows, in which infinite values count only where they have weight."""
    finite = np.isfinite(ordered)
    sums = np.where(finite, ordered, 0.0) @ weights.T
    if not finite.all():
        for infinite in (-math.inf, math.inf):
            sums[(ordered == infinite) @ weights.T > 1e-9] = infinite
    return sums
