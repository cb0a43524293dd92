"""Which axis shows most of some curves."""

import math

from trace_bench.scales import Scale, scale
from trace_bench.statistics import Estimate


def of(*values):
    return scale([(float(i), Estimate(v, None, None)) for i, v in enumerate(values)])


def test_values_of_one_size_have_a_linear_axis():
    assert of(0.0, 0.5, 1.0) == Scale("linear", from_zero=True)
    assert of(-1.0, 3.0, 900.0) == Scale("linear", from_zero=False)


def test_decades_have_a_logarithmic_axis():
    assert of(0.01, 1.0, 40.0) == Scale("log", from_zero=False)
    assert of(0.0, 1.0, 40.0, 90.0) == Scale("symlog", True, 1.0)


def test_a_band_that_goes_much_further_runs_off_the_axis():
    points = [(0.0, Estimate(5.0, 1.0, 20.0)), (1.0, Estimate(0.0, 0.0, 4e20))]
    assert scale(points) == Scale("linear", True, top=30.0)
    near = [(0.0, Estimate(5.0, 1.0, 20.0)), (1.0, Estimate(0.0, 0.0, 4e3))]
    assert scale(near).top is None


def test_one_value_that_ran_away_hides_no_other():
    found = of(0.0, 3.0, 5.0, 12.0, 20.0, 24.0, 30.0, 4e20)
    assert (found.kind, found.threshold) == ("symlog", 1.0)


def test_an_infinite_band_runs_off_the_axis():
    found = scale([(0.0, Estimate(5.0, 1.0, math.inf)), (1.0, Estimate(8.0, 4.0, 9.0))])
    assert found == Scale("linear", True, top=13.5)
    assert [found.within(end) for end in (4.0, math.inf)] == [4.0, 13.5]
    found = scale([(0.0, Estimate(-5.0, -math.inf, 3.0))])
    assert found == Scale("linear", False, bottom=-7.5)
    assert found.within(-math.inf) == -7.5
    assert found.cuts
    assert scale([(0.0, Estimate(5.0, -math.inf, 6.0))]).within(-math.inf) == 0.0
