import json
import math
from dataclasses import dataclass

import numpy as np
import pytest

from trace_bench.plain import plain


class Opaque:
    pass


@dataclass
class Described:
    x: int


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (0.5, 0.5),
        (math.nan, "NaN"),
        (-math.inf, "-Infinity"),
        (np.float64(0.5), 0.5),
        (np.float64(np.inf), "Infinity"),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        ((1, [2, {"a": {3}}]), [1, [2, {"a": [3]}]]),
        ({1: 2}, {"1": 2}),
        ({"b", "a"}, ["a", "b"]),
        (1 + 2j, "(1+2j)"),
        (Described(3), "Described(x=3)"),
        (2**5000, "an integer of 5001 bits"),
        ("half a pair \ud800", "half a pair \\ud800"),
        ({"half \ud83d": 1}, {"half \\ud83d": 1}),
        (np.longdouble(0.5), "np.longdouble('0.5')"),
    ],
)
def test_anything_becomes_json_data(value, expected):
    assert plain(value) == expected
    assert type(plain(value)) is type(expected)
    json.dumps(plain(value), allow_nan=False).encode()


def test_what_is_nested_too_deeply_becomes_a_text():
    value: list = []
    for _ in range(5000):
        value = [value]
    assert plain(value) == "<list, nested too deeply>"


def test_an_object_is_named_without_its_address():
    assert plain(Opaque()) == plain(Opaque()) == "<Opaque>"


def test_a_tensor_becomes_a_list():
    torch = pytest.importorskip("torch")
    assert plain(torch.tensor([1.0, 2.0], requires_grad=True)) == [1.0, 2.0]
