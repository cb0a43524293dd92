"""What the functions that a bundle calls mean to a new version of its code."""

import functools

from trace_core import ExecutionError, bundle


def double(x):
    return 2 * x


def limited(function):
    @functools.wraps(function)
    def run(x):
        return min(function(x), 10)

    return run


@limited
def score(x):
    return 100 * x


def scaled_by(factor):
    def scaled(x):
        return factor * x

    return scaled


by_two, by_three, twice = scaled_by(2), scaled_by(3), double
max = [5, 6]


def rewritten(function, x):
    """The value before and after a change of the code that changes nothing; or the failure."""
    found = []
    for addition in ("", "  # the same"):
        function.parameter.update(function.parameter.data + addition)
        try:
            found.append(function(x).data)
        except ExecutionError as error:
            found.append(str(error))
    return found


def test_helpers_mean_what_they_meant_or_are_said_to_be_missing():
    @bundle(trainable=True)
    def under_another_name(x):
        return twice(x)

    @bundle(trainable=True)
    def called_as_a_builtin(x):
        return max[x]

    @bundle(trainable=True)
    def decorated(x):
        return score(x)

    @bundle(trainable=True)
    def both(x):
        return by_two(x), by_three(x)

    assert rewritten(under_another_name, 1) == [2, 2]
    assert rewritten(called_as_a_builtin, 1) == [6, 6]
    before, after = rewritten(decorated, 1)
    assert before == 10
    assert "score, which is decorated" in after
    before, after = rewritten(both, 1)
    assert before == (2, 3)
    assert "factor, which stands for different things" in after
