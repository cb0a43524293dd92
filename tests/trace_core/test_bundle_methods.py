"""Bundles as methods, class methods, static methods and properties."""

import asyncio
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest

from trace_core import (
    Module,
    TraceError,
    bundle,
    node,
    sandbox,
)

pytestmark = pytest.mark.usefixtures("in_process")


def rewrite(item, code):
    item.parameter.update(code)


class Counter(Module):
    rate = 2

    def __init__(self):
        self.gain = node(3, name="gain", trainable=True)

    @bundle()
    @classmethod
    def of_class(cls, x):
        return cls.rate * x

    @classmethod
    @bundle()
    def class_below(cls, x):
        return cls.rate * x

    @bundle()
    @staticmethod
    def static(x):
        return x + 1

    @staticmethod
    @bundle(trainable=True)
    def static_below(x):
        return x + 2

    @bundle(trainable=True)
    @classmethod
    def trained_class(cls, x):
        return cls.rate + x

    @bundle(trainable=True)
    def trained(self, x):
        return x

    @bundle(traceable_code=True)
    def seen_inside(self, x):
        return self.gain * x

    @property
    @bundle(trainable=True)
    def size(self):
        return self.gain.data

    @bundle(trainable=True)
    async def later(self, x):
        await asyncio.sleep(0)
        return x * self.gain.data


@pytest.mark.parametrize(
    ("name", "expected"),
    [("of_class", 8), ("class_below", 8), ("static", 5), ("static_below", 6), ("trained_class", 6)],
)
def test_class_and_static_methods_on_either_side(name, expected):
    assert getattr(Counter, name)(4).data == expected
    assert getattr(Counter(), name)(4).data == expected


def test_a_class_shares_the_code_of_its_class_and_static_methods():
    one, two = Counter(), Counter()
    assert one.static_below.parameter is two.static_below.parameter
    assert one.parameters_dict()["trained_class"] is two.parameters_dict()["trained_class"]
    assert one.trained.parameter is not two.trained.parameter


def test_a_method_called_through_its_class_is_the_instances():
    counter = Counter()
    rewrite(counter.trained, "def trained(self, x):\n    return -x")
    assert Counter.trained(counter, 3).data == -3
    assert Counter.trained(Counter(), 3).data == 3


def test_a_decorator_above_a_trainable_method_leaves_each_instance_its_code():
    counter = Counter()
    assert counter.size.data == 3
    assert counter.size.inputs["__code"] is counter.parameters_dict()["size"]
    assert counter.parameters_dict()["size"] is not Counter().parameters_dict()["size"]


def test_a_traceable_method_sees_the_nodes_of_its_object_and_keeps_the_edge():
    counter = Counter()
    out = counter.seen_inside(node(2, name="x"))
    assert out.data == 6
    assert list(out.inputs) == ["self", "x", "gain"]
    assert out.info["output"].base_name == "multiply"
    out.backward("more")
    assert counter.gain.feedback


def test_async_methods_are_trainable():
    counter = Counter()
    out = asyncio.run(counter.later(2))
    assert (out.data, out.parameter_dependencies) == (6, {counter.gain, counter.later.parameter})
    rewrite(counter.later, "async def later(self, x):\n    return x - 1")
    assert asyncio.run(counter.later(2)).data == 1
    rewrite(counter.later, "def later(self, x):\n    return x - 2")  # needs no await, and may
    assert asyncio.run(counter.later(2)).data == 0


class Careful(Counter):
    @bundle(trainable=True)
    def trained(self, x):
        return super().trained(x).data + 100


def test_a_subclass_may_override_a_trainable_method_and_call_it():
    careful = Careful()
    out = careful.trained(1)
    assert out.data == 101
    names = careful.parameters_dict()
    assert {"trained", "Counter.trained"} <= set(names)
    assert names["trained"] in out.parents
    assert names["Counter.trained"] in out.parents
    names["Counter.trained"].update("def trained(self, x):\n    return 10 * x")
    assert careful.trained(1).data == 110


def test_a_subclass_with_the_name_of_its_base_has_code_of_its_own():
    def extend(base):
        class Agent(base):
            @bundle(trainable=True)
            def act(self, x):
                return super().act(x).data + 1 if hasattr(super(), "act") else x

        return Agent

    cls = extend(extend(Module))
    assert cls().act(5).data == 6


def test_two_objects_with_nodes_of_the_same_name_stay_two_inputs():
    @bundle()
    def both(one, two, gain):
        return one.gain.data + two.gain.data + gain

    out = both(Counter(), Counter(), 1)
    assert out.data == 7
    assert list(out.inputs) == ["one", "two", "gain", "one_gain", "two_gain"]
    assert len(out.parents) == 5


def test_containers_in_collections_may_be_read():
    counters = [Counter(), Counter()]
    out = bundle(lambda items: items[0].gain.data + items[1].gain.data)(counters)
    assert out.data == 6
    assert out.parameter_dependencies == {c.gain for c in counters}


def test_an_object_without_a_dict_cannot_be_trained():
    class Slim:
        __slots__ = ()

        @bundle(trainable=True)
        def act(self):
            return 1

    with pytest.raises(TraceError, match="Slim needs a __dict__"):
        Slim().act()


def test_threads_share_a_rewritten_bundle_and_an_objects_methods():
    @bundle(trainable=True)
    def add(n):
        return n

    counter = Counter()
    rewrite(add, "def add(n):\n    return n + 1")
    barrier = threading.Barrier(8)

    def run(i):
        barrier.wait(5)
        with sandbox.use("inprocess"):
            return add(i).data, counter.trained(i).inputs["__code"]

    with ThreadPoolExecutor(8) as pool:
        values, codes = zip(*pool.map(run, range(8)), strict=True)
    assert list(values) == list(range(1, 9))
    assert {id(code) for code in codes} == {id(counter.trained.parameter)}


class Chain(Module):
    @bundle(trainable=True)
    def first(self, x):
        return x + 1

    @bundle()
    def second(self, x):
        return self.first(x) * 2

    @bundle(traceable_code=True)
    def third(self, x):
        return self.first(self.first(x))


def test_the_calls_of_an_objects_methods_share_its_node():
    chain, other = Chain(), Chain()
    out = chain.second(chain.first(1))
    owner = out.inputs["self"]
    assert owner.data is chain
    assert out.inputs["x"].inputs["self"] is owner
    assert other.first(1).inputs["self"].data is other


def test_inside_a_body_the_object_is_the_bodys_own_input():
    chain = Chain()
    inner = chain.third(1).info["output"]
    assert inner.inputs["self"] is inner.inputs["x"].inputs["self"]
    alive = chain.first(1)
    out = bundle(lambda helper: helper.second(1))(chain)
    assert out.data == 4
    assert [each.base_name for each in out.parents] == ["helper", "__code"]
    assert alive.inputs["self"] is not out.parents[0]


def test_an_object_is_never_asked_whether_it_is_true():
    class Shy(Chain):
        def __bool__(self):
            raise AssertionError("asked")

    out = Shy().second(1)
    assert (out.data, [each.base_name for each in out.parents]) == (4, ["self", "x", "__code"])


def test_an_objects_node_goes_with_the_last_graph_that_has_it():
    chain = Chain()
    gone = weakref.ref(chain)
    out = chain.first(1)
    del chain
    assert gone() is not None
    del out
    assert gone() is None


def test_only_callables_can_be_decorated():
    with pytest.raises(TraceError, match="put @bundle below @property"):
        bundle()(property(lambda self: 3))
    with pytest.raises(TraceError, match="takes a function, not 5"):
        bundle()(5)


def test_a_traceable_method_reads_the_attributes_of_any_object():
    class Scale:
        factor = 3

        @bundle(traceable_code=True)
        def times(self, x):
            return x * self.factor

    out = Scale().times(node(2, name="x"))
    assert (out.data, out.info["output"].inputs["x"].data) == (6, 2)
