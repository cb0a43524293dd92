import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from trace_bench.statistics import (
    FEWEST,
    STATISTICS,
    estimate,
    estimates,
    iqm,
    weights_of_resamples,
)


def test_the_interquartile_mean_drops_a_quarter_at_each_end():
    assert iqm(np.array([-1000.0, 1, 2, 3, 4, 5, 6, 1000])) == 3.5


@pytest.mark.parametrize("n", range(1, 10))
def test_the_interquartile_mean_is_scipys_for_any_number_of_runs(n):
    values = np.random.default_rng(n).normal(size=(3, n))
    assert iqm(values) == pytest.approx(stats.trim_mean(values, 0.25, axis=-1))


@pytest.mark.parametrize("statistic", STATISTICS)
def test_the_same_numbers_give_the_same_digits(statistic):
    values = np.random.default_rng(1).normal(size=30)
    assert estimate(values, statistic) == estimate(values.copy(), statistic)


@pytest.mark.parametrize("statistic", STATISTICS)
def test_the_value_lies_within_its_interval(statistic):
    found = estimate(np.random.default_rng(2).lognormal(size=30), statistic)
    assert found.low < found.value < found.high


def test_few_runs_get_no_interval():
    found = estimate(range(FEWEST - 1), "mean")
    assert (found.value, found.low, found.high) == (1.5, None, None)


def test_equal_values_give_an_interval_of_no_width():
    assert estimate([3.0] * 8, "median").low == estimate([3.0] * 8, "median").high == 3.0


def test_an_infinite_score_moves_a_median_as_any_bad_one():
    found = estimate([1.0, 2, 3, 4, 5, np.inf], "median")
    assert (found.value, found.low) == (3.5, estimate([1.0, 2, 3, 4, 5, 6], "median").low)
    assert found.high == np.inf
    assert estimate([1.0, 2, 3, 4, 5, np.inf], "mean").low is None


resamples = st.integers(2, 9).flatmap(
    lambda n: st.lists(st.integers(0, n - 1), min_size=n, max_size=n)
)


@given(st.sampled_from(sorted(STATISTICS)), resamples)
def test_the_weights_of_a_resample_give_what_the_resample_gives(statistic, drawn):
    # An independent way: write the resample out, and take the statistic of it.
    values = np.sort(np.random.default_rng(0).normal(size=len(drawn)))
    counts = np.bincount(drawn, minlength=len(drawn))
    weights = weights_of_resamples(statistic, counts[None])
    assert (weights @ values)[0] == pytest.approx(STATISTICS[statistic](values[drawn]))


@pytest.mark.parametrize("statistic", ["median", "iqm"])
def test_the_interval_is_scipys_but_for_chance(statistic):
    values = np.random.default_rng(5).lognormal(size=20)
    theirs = stats.bootstrap(
        (values,), STATISTICS[statistic], n_resamples=10_000, method="percentile", rng=1
    ).confidence_interval
    ours = estimate(values, statistic)
    width = theirs.high - theirs.low
    assert ours.low == pytest.approx(theirs.low, abs=0.05 * width)
    assert ours.high == pytest.approx(theirs.high, abs=0.05 * width)


def test_samples_of_different_sizes_are_estimated_as_they_are_one_by_one():
    rng = np.random.default_rng(6)
    samples = [rng.normal(size=n) for n in (5, 1, 8, 5)]
    found = estimates(samples, "iqm")
    assert [e.low is None for e in found] == [False, True, False, False]
    for each, sample in zip(found, samples, strict=True):
        alone = estimate(sample, "iqm")
        assert each.value == alone.value
        assert (each.low, each.high) == pytest.approx((alone.low, alone.high), nan_ok=True) or (
            alone.low is None
        )
    assert estimates([], "mean") == []


@pytest.fixture
def fewer_resamples(monkeypatch):
    """Enough for a simulation of thousands of samples."""
    monkeypatch.setattr("trace_bench.statistics.RESAMPLES", 2000)


NORMAL = {"mean": 0.0, "median": 0.0, "iqm": 0.0}
SKEWED = {"median": math.log(2), "iqm": 0.7384}
"""Of the exponential distribution. Its IQM: the mean between its quartiles."""


@pytest.mark.usefixtures("fewer_resamples")
@pytest.mark.parametrize(
    "n", [10, 30, *(pytest.param(n, marks=pytest.mark.slow) for n in (20, 50))]
)
@pytest.mark.parametrize("statistic", STATISTICS)
def test_95_percent_intervals_hold_the_truth_about_95_times_in_100(statistic, n):
    samples = np.random.default_rng(3).normal(size=(2000, n))
    assert_coverage(samples, statistic, NORMAL[statistic])


@pytest.mark.usefixtures("fewer_resamples")
@pytest.mark.parametrize("n", [10, pytest.param(30, marks=pytest.mark.slow)])
@pytest.mark.parametrize("statistic", SKEWED)
def test_so_do_those_of_medians_and_iqms_of_skewed_scores(statistic, n):
    samples = np.random.default_rng(4).exponential(size=(2000, n))
    assert_coverage(samples, statistic, SKEWED[statistic])


@pytest.mark.usefixtures("fewer_resamples")
@pytest.mark.parametrize(
    ("n", "at_least"), [(5, 0.87), pytest.param(10, 0.90, marks=pytest.mark.slow), (30, 0.92)]
)
def test_those_of_means_of_skewed_scores_hold_it_less_often(n, at_least):
    # No bootstrap knows the tail that was not drawn: docs/reading-results.md says so.
    samples = np.random.default_rng(5).exponential(size=(2000, n))
    assert at_least - 0.015 < coverage(samples, "mean", 1.0) < 0.95


def coverage(samples, statistic: str, truth: float) -> float:
    found = estimates(samples, statistic)
    return sum(e.low <= truth <= e.high for e in found) / len(found)


def assert_coverage(samples, statistic: str, truth: float) -> None:
    """Between 93 and 97 %, as far as the number of samples lets one tell (1 error in 1,000)."""
    n = len(samples)
    held = round(coverage(samples, statistic, truth) * n)
    assert stats.binom.cdf(held, n, 0.93) > 0.001
    assert stats.binom.sf(held, n, 0.97) > 0.001
