import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from trace_bench import statistics
from trace_bench.inference import accuracy, holm, iqm_over_tasks, mean_of_tasks, paired, profile
from trace_bench.statistics import FEWEST, iqm


def test_pairs_are_counted_in_the_direction_of_the_score():
    lower = paired([3, 3, 3, 3, 3, 3], [1, 1, 1, 1, 4, 3], lower_is_better=True)
    assert (lower.better, lower.worse, lower.tied, lower.n) == (4, 1, 1, 6)
    higher = paired([3, 3, 3, 3, 3, 3], [1, 1, 1, 1, 4, 3], lower_is_better=False)
    assert (higher.better, higher.worse) == (1, 4)
    assert lower.difference == higher.difference
    assert lower.difference.value == -2
    assert lower.improvement == 4.5 / 6


def test_the_test_is_scipys_on_the_differences():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=20), rng.normal(0.5, size=20)
    assert paired(a, b, lower_is_better=True).p == pytest.approx(stats.wilcoxon(b - a).pvalue)


def test_a_failure_is_the_largest_difference_and_two_are_a_tie():
    found = paired(
        [1, 1, 1, 1, 1, math.inf], [2, 2, 2, 2, math.inf, math.inf], lower_is_better=True
    )
    assert (found.worse, found.tied) == (5, 1)
    assert found.p == pytest.approx(stats.wilcoxon([1, 1, 1, 1, 9]).pvalue)


def test_with_few_pairs_or_no_difference_nothing_is_tested():
    few = paired([1] * (FEWEST - 1), [2] * (FEWEST - 1), lower_is_better=True)
    assert (few.p, few.difference.low) == (None, None)
    assert paired([1] * 9, [1] * 9, lower_is_better=True).p is None


@pytest.mark.parametrize(("a", "b"), [([], []), ([1], [1, 2])])
def test_scores_that_are_no_pairs_are_refused(a, b):
    with pytest.raises(ValueError, match="paired scores"):
        paired(a, b, lower_is_better=True)


def test_holm_as_worked_by_hand():
    assert holm([0.01, 0.04, None, 0.03]) == pytest.approx([0.03, 0.06, None, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=8))
def test_adjusting_raises_p_values_and_keeps_their_order(ps):
    adjusted = holm(ps)
    assert all(p <= q <= 1 for p, q in zip(ps, adjusted, strict=True))
    by_p = [q for _, q in sorted(zip(ps, adjusted, strict=True))]
    assert by_p == sorted(by_p)


def test_an_accuracy_has_wilsons_interval():
    found, z = accuracy(3, 10), 1.959964
    centre, half = (
        (0.3 + z * z / 20) / (1 + z * z / 10),
        z * math.sqrt(0.021 + z * z / 400) / (1 + z * z / 10),
    )
    assert (found.low, found.high) == pytest.approx((centre - half, centre + half), abs=1e-6)
    assert accuracy(0, 10).low == 0


def test_a_mean_of_tasks_resamples_tasks():
    same = mean_of_tasks([0.5] * 8)
    assert same.low == same.value == same.high == 0.5
    apart = mean_of_tasks([0.1, 0.9] * 4)
    assert apart.low < 0.3 < 0.7 < apart.high


def test_the_stratified_interval_ignores_differences_between_tasks():
    rng = np.random.default_rng(1)
    scores = {
        "easy": list(0.9 + 0.01 * rng.normal(size=10)),
        "hard": list(0.01 * rng.normal(size=10)),
    }
    stratified = iqm_over_tasks(scores)
    pooled = statistics.estimate(scores["easy"] + scores["hard"], "iqm")
    assert stratified.value == pytest.approx(pooled.value)
    assert stratified.high - stratified.low < (pooled.high - pooled.low) / 5
    assert iqm_over_tasks({"a": [1.0, 2.0], "b": [3.0] * 9}).low is None


def test_a_profile_is_the_share_of_runs_above_each_threshold():
    assert profile([0.1, 0.5, 0.9], [0.0, 0.4, 0.9]) == pytest.approx([1, 2 / 3, 0])


def within_93_and_97_percent(held: int, n: int) -> bool:
    """As far as n simulations let one tell (1 error in 1,000)."""
    return stats.binom.cdf(held, n, 0.93) > 0.001 and stats.binom.sf(held, n, 0.97) > 0.001


@pytest.mark.parametrize("n", [10, 30])
def test_95_percent_intervals_of_differences_hold_the_truth_about_95_times_in_100(monkeypatch, n):
    monkeypatch.setattr("trace_bench.statistics.RESAMPLES", 1000)
    rng = np.random.default_rng(4)
    pairs = [(rng.normal(size=n), rng.normal(0.5, size=n)) for _ in range(500)]
    found = [paired(a, b, lower_is_better=True).difference for a, b in pairs]
    assert within_93_and_97_percent(sum(e.low <= 0.5 <= e.high for e in found), len(found))


def test_so_do_wilsons_intervals_over_all_accuracies():
    # For a single accuracy the share jumps with it, for answers are counted: that is known of it.
    truths = np.random.default_rng(5).uniform(0.02, 0.98, size=4000)
    right = np.random.default_rng(6).binomial(230, truths)
    known = {k: accuracy(int(k), 230) for k in set(right.tolist())}
    held = sum(known[k].low <= p <= known[k].high for k, p in zip(right, truths, strict=True))
    assert within_93_and_97_percent(held, len(truths))


def test_so_do_those_of_a_mean_of_tasks(monkeypatch):
    monkeypatch.setattr("trace_bench.statistics.RESAMPLES", 1000)
    samples = np.random.default_rng(7).beta(2, 1, size=(1000, 23))
    found = [mean_of_tasks(sample) for sample in samples]
    assert within_93_and_97_percent(sum(e.low <= 2 / 3 <= e.high for e in found), len(found))


@pytest.mark.slow
@pytest.mark.parametrize("n", [10, 30])
def test_so_do_those_of_an_interquartile_mean_over_tasks(monkeypatch, n):
    monkeypatch.setattr("trace_bench.inference.RESAMPLES", 1000)
    rng, centres = np.random.default_rng(8), {"easy": 0.9, "middling": 0.5, "hard": 0.1}

    def drawn(size: int) -> dict[str, np.ndarray]:
        return {name: rng.normal(centre, 0.3, size=size) for name, centre in centres.items()}

    truth = float(np.mean([iqm(np.concatenate(list(drawn(n).values()))) for _ in range(20_000)]))
    found = [iqm_over_tasks(drawn(n)) for _ in range(500)]
    assert within_93_and_97_percent(sum(e.low <= truth <= e.high for e in found), len(found))
