"""Numbers over seeds, with their uncertainty. Pure functions; scipy does the work."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

CONFIDENCE = 0.95
RESAMPLES = 10_000
FEWEST = 5
"""With fewer runs an interval would claim more than is known: points only."""


def mean(values: Array, axis: int = -1) -> Any:
    """Return the arithmetic mean."""
    return np.mean(values, axis=axis)


def median(values: Array, axis: int = -1) -> Any:
    """Return the median."""
    return np.median(values, axis=axis)


def iqm(values: Array, axis: int = -1) -> Any:
    """Return the interquartile mean: the mean without the lowest and the highest quarter."""
    if values.shape[axis] < 4:  # no quarter to drop, and scipy.stats takes a second to import
        return mean(values, axis)
    from scipy import stats

    return stats.trim_mean(values, 0.25, axis=axis)


STATISTICS: dict[str, Callable[..., Any]] = {"mean": mean, "median": median, "iqm": iqm}


@dataclass(frozen=True, slots=True)
class Estimate:
    """A statistic of some runs, with the ends of its 95 % interval if there are enough runs."""

    value: float
    low: float | None = None
    high: float | None = None


def estimate(values: Sequence[float] | Array, statistic: str) -> Estimate:
    """Return a statistic with its percentile bootstrap interval over `values`.

    The resampling is seeded: equal values give equal digits. An infinite value stands for a
    failure that no finite score is as bad as: it moves a median like any bad run, makes a mean
    infinite, and an end of an interval too if there are many.

    Args:
        values: one number a run; at least one.
        statistic: a key of `STATISTICS`.
    """
    function, sample = STATISTICS[statistic], np.asarray(values, dtype=float)
    with np.errstate(invalid="ignore"):  # failures on both sides have no middle
        value = float(function(sample))
    if len(sample) < FEWEST or not np.isfinite(value):
        return Estimate(value)
    from scipy import stats

    # scipy also computes a standard error, whose squares overflow for errors beyond 1e154.
    with np.errstate(over="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)  # equal values: no width
        found = stats.bootstrap(
            (sample,),
            function,
            n_resamples=RESAMPLES,
            confidence_level=CONFIDENCE,
            method="percentile",
            rng=np.random.default_rng(0),
            vectorized=True,
        ).confidence_interval
    return Estimate(value, float(found.low), float(found.high))
