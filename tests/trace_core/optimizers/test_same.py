"""Which suggested values are other ones, and which suggestions are tried."""

import json

import numpy as np
import pytest

from trace_core import node
from trace_core.llm import Reply
from trace_core.optimizers._candidates import distinct, first_and_others
from trace_core.optimizers._suggestion import Suggestion, parse
from trace_core.optimizers._values import same

LONG = np.zeros(2000)
CHANGED = LONG.copy()
CHANGED[1000] = 7


class Unequal:
    def __eq__(self, other):
        raise TypeError("can't be compared")

    __hash__ = None

    def __repr__(self):
        return "Unequal()"


@pytest.mark.parametrize(
    ("new", "old"),
    [
        (LONG.copy(), LONG),
        (np.array([1.0, np.nan]), np.array([1.0, np.nan])),
        (np.array(["a", "b"]), np.array(["a", "b"])),
        ([np.array([1, 2]), 3], [np.array([1, 2]), 3]),
        ({"w": np.array([1, 2])}, {"w": np.array([1, 2])}),
        (np.float64(1), 1.0),
        (Unequal(), Unequal()),
    ],
)
def test_equal_values_are_the_same(new, old) -> None:
    assert same(new, old)


@pytest.mark.parametrize(
    ("new", "old"),
    [
        (CHANGED, LONG),
        (np.array([1 + 1e-12]), np.array([1.0])),
        (np.array([1.0, np.nan]), np.array([np.nan, 1.0])),
        (np.array([1]), np.array([1.0])),
        (np.array([1.0]), np.array([[1.0]])),
        (np.array([1.0]), [1.0]),
        ([CHANGED], [LONG]),
        ((CHANGED, 1), (LONG, 1)),
        ({"w": CHANGED}, {"w": LONG}),
        ({"w": 1}, {"v": 1}),
        (np.float64(1 + 1e-12), np.float64(1)),
        ([1], (1,)),
    ],
)
def test_other_values_differ_however_they_are_printed(new, old) -> None:
    assert not same(new, old)


def test_tensors_are_arrays() -> None:
    torch = pytest.importorskip("torch")
    old = torch.tensor([1.0, float("nan")])
    assert same(old.clone(), old)
    assert not same(old.double(), old)
    assert not same(torch.tensor([1.0 + 1e-6, float("nan")]), old)


def asked(*values):
    return [(Suggestion(values=each), Reply("")) for each in values]


def test_candidates_differ_as_their_values_do() -> None:
    kept = distinct(asked({"w": LONG}, {"w": CHANGED}, {"w": LONG.copy()}, {"x": 0.12345678}, {}))
    assert [list(found.values) for found, _ in kept] == [["w"], ["w"], ["x"]]
    assert len(distinct(asked({"x": 0.12345678}, {"x": 0.12345679}))) == 2


def test_candidates_that_change_nothing_are_tried_only_if_there_are_no_others() -> None:
    base = {"x": 1.0, "y": 2}
    first, others = first_and_others(asked({"x": 1.0}, {"x": 3.0}, {"y": 2}, {"y": 5}), base)
    assert first[0].values == {"x": 3.0}
    assert list(others) == [{"x": 1.0, "y": 5}]
    first, others = first_and_others(asked({}, {"x": 1.0}, {"y": 2}), base)
    assert (first[0].values, list(others)) == ({"x": 1.0}, [])


def test_a_change_in_a_long_array_is_applied() -> None:
    from trace_core.llm import MockLLM
    from trace_core.optimizers import OptoPrime

    w = node(LONG, name="w", trainable=True)
    told = json.dumps({"suggestion": {"w0": CHANGED.tolist()}})
    assert parse(told, {"w0": w}).rejected == {}
    optimizer = OptoPrime([w], MockLLM(replies=[told]))
    optimizer.backward(w * 2, "larger")
    assert optimizer.step()["changed"] == ["w0"]
    assert w.data[1000] == 7
