from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trace_core.llm._fill import fill

NUMBERS = st.integers(-1000, 1000)


def drawn(schema, seed=0):
    return fill(schema, random.Random(seed))


@given(st.integers(0, 1000), NUMBERS | st.none(), st.integers(0, 50) | st.none())
def test_numbers_keep_their_bounds(seed, low, width):
    bounds = {} if low is None else {"minimum": low}
    if width is not None:
        bounds["maximum"] = (low or 0) + width
    for kind in ("number", "integer"):
        value = drawn({"type": kind} | bounds, seed)
        assert bounds.get("minimum", value) <= value <= bounds.get("maximum", value)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"const": 3}, 3),
        ({"enum": ["left"]}, "left"),
        ({"type": "string"}, "mock"),
        ({"type": "string", "maxLength": 2}, "mo"),
        ({"type": "string", "minLength": 6}, "mockkk"),
        ({"type": ["null"]}, None),
        ({"anyOf": [{"const": 1}]}, 1),
        ({"type": "array", "items": {"const": 1}, "minItems": 2}, [1, 1]),
        ({"type": "array", "items": {"const": 1}}, [1]),
        ({"type": "array", "items": {"const": 1}, "maxItems": 0}, []),
        ({"type": "object", "properties": {"a": {"const": 1}}}, {"a": 1}),
        ({"type": "object"}, {}),
    ],
)
def test_every_form_is_filled(schema, value):
    assert drawn(schema) == value


def test_both_booleans_occur():
    assert {drawn({"type": "boolean"}, seed) for seed in range(20)} == {True, False}


@pytest.mark.parametrize("schema", [{}, {"$ref": "#/$defs/a"}, {"type": "date"}])
def test_what_it_cannot_fill_is_an_error(schema):
    with pytest.raises(ValueError, match="cannot fill"):
        drawn(schema)
