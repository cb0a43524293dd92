import numpy as np
import pytest
from scipy import stats

from trace_bench.statistics import FEWEST, STATISTICS, estimate, iqm


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


@pytest.mark.parametrize(("statistic", "truth"), [("mean", 0.0), ("median", 0.0), ("iqm", 0.0)])
def test_95_percent_intervals_hold_the_truth_about_95_times_in_100(monkeypatch, statistic, truth):
    # 1,000 resamples are enough for a simulation of 400 samples of 50 runs.
    monkeypatch.setattr("trace_bench.statistics.RESAMPLES", 1000)
    rng = np.random.default_rng(3)
    samples = rng.normal(truth, 1.0, size=(400, 50))
    found = [estimate(sample, statistic) for sample in samples]
    held = sum(e.low <= truth <= e.high for e in found)
    # A binomial test at 1 in 1,000 against "at least 93 %"; percentile intervals run a little
    # narrow at this size, and must not be wide either.
    assert stats.binom.cdf(held, len(found), 0.93) > 0.001
    assert stats.binom.sf(held, len(found), 0.97) > 0.001
