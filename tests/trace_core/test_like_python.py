"""What a traced program does that a plain one does as well: found by a review, each once wrong."""

import asyncio
import functools
from collections import deque
from enum import Enum

import numpy as np
import pytest

from trace_core import ExecutionError, Module, bundle, node, operators, stop_tracing


@bundle(trainable=True)
def scaled(x, by=2):
    """Scale x."""
    return x * by


THREE, ONE = node(3), node(1)


@bundle
def times(x, n=THREE):
    """Repeat x."""
    return [x for _ in range(n)]


@bundle(trainable=True)
def countdown(n, step=ONE):
    """Count down."""
    return [] if n <= 0 else [isinstance(step, int), *countdown(n - step)]


def test_defaults_are_the_same_with_and_without_a_trace():
    assert times(1).data == [1, 1, 1]
    assert countdown(3).data == [True] * 3
    with stop_tracing():
        assert times(1).data == [1, 1, 1]
        assert countdown(3).data == [True] * 3


def test_a_rewritten_default_is_the_written_one_with_and_without_a_trace():
    own = scaled.twin(scaled.parameter.detach())
    own.parameter.update("def scaled(x, by=20):\n    return x * by")
    with stop_tracing():
        apart = own(1).data
    assert (own(1).data, apart) == (2, 2)


def test_an_argument_keeps_its_name_beside_a_node_that_the_function_returns():
    held = node(5, name="held")
    x = node(1, name="x")
    y = node({"get": lambda *_: held})["get"](x, 2)
    names = {name: each.name.split(":")[0] for name, each in y.inputs.items()}
    assert names == {"fun": "getitem", "args_0": "x", "args_1": "int", "args_2": "held"}


class Graph:
    """Found by key, iterated in its own way."""

    def __init__(self):
        self.near = {0: "a", 1: "b"}

    def __len__(self):
        return 2

    def __getitem__(self, key):
        return self.near[key]

    def __iter__(self):
        return iter([1, 0])


class Colour(Enum):
    RED = 1
    BLUE = 2


def test_what_says_how_it_is_iterated_is_asked():
    assert [x.data for x in node(Graph())] == [1, 0]
    assert [x.data for x in node(Colour)] == [Colour.RED, Colour.BLUE]


def test_a_queue_may_grow_and_shrink_while_it_is_worked_off():
    grows, seen = node([1]), []
    for x in grows:
        seen.append(x.data)
        if len(seen) < 3:
            grows.append(x.data + 1)
    assert seen == [1, 2, 3]
    shrinks = node([1, 2, 3, 4])
    assert [x.data for x in shrinks if shrinks.pop(0) is not None] == [1, 3]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (np.array([]), None, False),
        (np.array([]), np.array([1.0]), False),
        (np.ones(3), np.ones((2, 3)), False),
        (np.array([1, 2]), np.array([1, 2, 3]), False),
        (np.array([[1, 2]]), np.array([[1, 2]]), True),
        (np.array([1, 2]), [1, 2], True),
        (None, None, True),
        (1, None, False),
    ],
)
def test_values_are_compared_as_wholes(one, other, same):
    assert (node(one) == other) is same
    assert (node(one) == node(other)) is same


def test_tables_are_compared_as_wholes():
    pd = pytest.importorskip("pandas")
    table = pd.DataFrame({"a": [1, 2], "b": [3, 4]})
    assert node(table) == table
    assert (node(table) == table + 1) is False


class Greeter:
    def greet(self, name, fun="", self_=""):
        return f"hi {name}{fun}"


def test_keywords_may_have_any_name():
    assert node(Greeter()).call("greet", name="Bob", fun="!").data == "hi Bob!"
    assert operators.call(dict, fun=1).data == {"fun": 1}
    assert node("{self}").format(self=1).data == "1"


class Holder(Module):
    def __init__(self):
        self.queue = deque([node(9, trainable=True, name="queued")])
        self.lazy = None

    @functools.cached_property
    @bundle(trainable=True)
    def cached(self):
        """Some code."""
        return 1

    @bundle
    def first(self, x):
        """Make the weight when it is first needed."""
        if self.lazy is None:
            self.lazy = node(3, trainable=True, name="weight")
        return self.lazy * x


def test_parameters_in_a_deque_and_under_a_cached_property_are_found():
    found = Holder().parameters_dict()
    assert {"queue.0", "cached"} <= found.keys()
    one, other = Holder(), Holder()
    one.parameters_dict()["cached"].update("def cached(self):\n    return 2")
    assert other.parameters_dict()["cached"].data != one.parameters_dict()["cached"].data


def test_a_parameter_that_the_body_leaves_in_its_input_is_an_input_at_once():
    holder = Holder()
    y = holder.first(node(2))
    assert list(y.inputs) == ["self", "x", "lazy"]
    assert holder.lazy in y.parameter_dependencies
    assert list(holder.first(node(2)).inputs) == ["self", "x", "lazy"]


class Memory(list):
    @bundle
    def itself(self):
        """Whether it is."""
        return self is memory

    @bundle
    def total(self):
        """The sum of the items."""
        return sum(each.data if hasattr(each, "data") else each for each in self)


memory = Memory([node(4, trainable=True, name="p"), 1])


def test_a_method_of_a_list_is_the_lists_own_also_if_it_holds_nodes():
    assert memory.itself().data
    y = memory.total()
    assert (y.data, memory[0] in y.parameter_dependencies) == (5, True)


def test_a_generator_that_stops_tracing_may_be_left_early():
    async def numbers():
        with stop_tracing():
            yield 1
            yield 2

    async def main():
        async for number in numbers():
            return number
        return None

    assert asyncio.run(main()) == 1


def test_code_that_is_no_text_is_a_failure_with_a_node():
    own = scaled.twin(scaled.parameter.detach())
    own.parameter.update(None)
    with pytest.raises(ExecutionError, match="must be a string") as caught:
        own(1)
    assert own.parameter in caught.value.exception_node.parents


def test_many_nodes_from_outside_are_looked_for_once_in_long_data():
    looked = 0

    class Counted(dict):
        def items(self):
            nonlocal looked
            looked += 1
            return super().items()

    data = [Counted(x=[1, node(2)])]
    outs = [node(i) * 1 for i in range(50)]

    @bundle
    def doubled(data):
        """Double what is outside."""
        return [each * 2 for each in outs]

    doubled(data)
    assert looked < 10
