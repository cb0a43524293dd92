import pytest

from trace_bench.numerals import number, ranges


@pytest.mark.parametrize(
    ("numbers", "text"),
    [([], ""), ([3], "3"), ([2, 0, 1], "0-2"), ([0, 1, 5, 7, 8, 8], "0-1, 5, 7-8")],
)
def test_numbers_are_written_shortly(numbers, text):
    assert ranges(numbers) == text


def test_numbers_have_three_digits():
    found = [number(v) for v in (None, 0.0, 0.00123456, 12.345, 999.9, 12345.6, float("nan"))]
    assert found == ["-", "0", "0.00123", "12.3", "1,000", "12,346", "nan"]
    assert [number(v) for v in (18_846_123, -3.2e19)] == ["18,846,123", "-3.2e+19"]
