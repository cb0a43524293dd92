"""Nodes inside lists, dicts and objects: edges reach them, whatever class holds them."""

from collections import Counter, OrderedDict, UserDict, defaultdict, deque, namedtuple

import numpy as np
import pytest

from trace_core import (
    ExecutionError,
    MessageNode,
    Module,
    Node,
    ParameterNode,
    TraceError,
    bundle,
    node,
    stop_tracing,
)

Pair = namedtuple("Pair", "x y")


class Marked(list):
    """A list with an attribute, which its copies have too."""

    mark = 0


@pytest.fixture
def a():
    return node(1.0, name="a", trainable=True)


@pytest.fixture
def b():
    return node(2.0, name="b", trainable=True)


def test_a_node_of_a_list_of_nodes_is_made_of_those(a, b):
    both = node([a, {"k": b}])
    assert both.data == [1.0, {"k": 2.0}]
    assert (both[1]["k"] + 1).data == 3.0
    assert both[0].parameter_dependencies == {a, b}
    assert node([1, 2]).is_root


def test_its_name_and_description_may_be_given(a, b):
    pair = node((a, b), name="pair", description="both of them")
    assert (pair.name.split(":")[0], pair.description) == ("pair", "[pair] both of them")
    assert pair.parents == [a, b]
    with stop_tracing():
        assert node((a, b), name="pair").is_root


def test_parameters_hold_the_values_of_nodes_given_to_them(a, b):
    assert ParameterNode([a, b]).data == [1.0, 2.0]
    assert node({"k": a}, trainable=True).data == {"k": 1.0}
    a.update(a * 3)
    assert (a.data, a.type) == (3.0, float)
    with pytest.raises(TraceError, match=r"node\(value\) records"):
        Node([a])
    assert MessageNode([a, 1], inputs=[a]).data == [3.0, 1]


def test_what_an_operator_finds_in_an_object_is_an_input_too(a, b):
    class Holder(Module):
        def __init__(self):
            self.weight, self.more = a, [b]

        def forward(self, x):
            return self.weight * x

    holder = node(Holder())
    assert holder.getattr("weight").data == 1.0
    assert holder.getattr("weight").parents[-1] is a
    assert (holder.getattr("more")[0] + 1).parameter_dependencies == {b}
    assert holder(3).parameter_dependencies == {a}
    with stop_tracing():
        assert holder.getattr("weight").is_root


def containers(a, b):
    counts = defaultdict(list)
    counts["k"].append(a)
    marked = Marked([a, b])
    marked.mark = 7
    return [
        (counts, {"k": [1.0]}),
        (OrderedDict(x=a, y=b), OrderedDict(x=1.0, y=2.0)),
        (Counter({"k": a}), Counter({"k": 1.0})),
        (Pair(a, [b]), Pair(1.0, [2.0])),
        (deque([a, b], maxlen=2), deque([1.0, 2.0])),
        (frozenset([a]), frozenset([1.0])),
        (marked, [1.0, 2.0]),
    ]


@pytest.mark.parametrize("index", range(7))
def test_classes_derived_from_built_in_containers_keep_class_and_edges(a, b, index):
    given, expected = containers(a, b)[index]

    @bundle()
    def same(x):
        assert x == expected
        return x

    @bundle(allow_external_dependencies=True)
    def give():
        return given

    for out in (same(given), give(), node(given)):
        assert out.data == expected
        assert type(out.data) is type(given)
        assert getattr(out.data, "maxlen", 2) == 2
        assert getattr(out.data, "mark", 7) == 7
    assert same(given).parameter_dependencies >= {a}


@pytest.mark.parametrize("lazy", [map, zip, filter])
def test_results_that_would_read_nodes_later_are_refused(lazy):
    @bundle()
    def late(x):
        return zip([x]) if lazy is zip else lazy(bool, [x])

    with pytest.raises(ExecutionError, match=f"must return a list, not a {lazy.__name__}"):
        late(1)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({1: 2}.keys(), [1]),
        (UserDict(k=1), ["k"]),
        (iter([1, 2]), [1, 2]),
        (range(2), [0, 1]),
        (np.array([3, 4]), [3, 4]),
        (deque([5]), [5]),
    ],
)
def test_nodes_are_iterated_as_their_values_are(value, expected):
    items = list(node(value, name="x"))
    assert [each.data for each in items] == expected
    assert not any(each.is_root for each in items)


@pytest.mark.parametrize("value", [np.array(3.0), 3, None])
def test_what_can_not_be_iterated_says_so(value):
    with pytest.raises(ExecutionError, match="can't be iterated or unpacked"):
        list(node(value))


def test_nodes_below_a_module_are_found_without_a_search_for_each(monkeypatch):
    class Many(Module):
        def __init__(self):
            self.weights = [node(i, trainable=True) for i in range(300)]
            self.inner = Inner()

        @bundle()
        def total(self):
            return sum(each.data for each in self.weights)

        @bundle()
        def inner_only(self):
            return self.inner.prompt.data

    class Inner(Module):
        def __init__(self):
            self.prompt = node("p", trainable=True)

    from trace_core import _call

    searches = []
    search = _call.inside
    monkeypatch.setattr(_call, "inside", lambda *a: searches.append(a[1:]) or search(*a))
    many = Many()
    out = many.total()
    assert len(out.parents) == 301
    assert list(out.inputs)[:2] == ["self", "weights_0"]
    assert searches == [(False,), (True,)]
    assert list(many.inner_only().inputs) == ["self", "inner_prompt"]
    assert searches[2:] == [(False,)]
