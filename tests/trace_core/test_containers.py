"""Containers find their parameters; `Seq`, `Map` and `apply_op`."""

import copy
import pickle

import pytest

from trace_core import Map, Module, Node, ParameterContainer, Seq, apply_op, bundle, node


class Box(ParameterContainer):
    def __init__(self, **attributes):
        vars(self).update(attributes)


def trainable(value, name="p"):
    return node(value, name=name, trainable=True)


@bundle(trainable=True)
def step(x):
    return x + 1


def test_parameters_are_found_in_everything_that_python_nests():
    a, b, c, d, e = (trainable(i) for i in range(5))
    box = Box(one=a, many=[b, (c, {"k": d, "other": 3})], inner=Box(deep=e), text="x", code=step)
    assert box.parameters() == [a, b, c, d, e, step.parameter]
    assert list(box.parameters_dict()) == [
        "one", "many.0", "many.1.0", "many.1.1.k", "inner.deep", "code",
    ]  # fmt: skip


def test_a_shared_parameter_is_found_once():
    p = trainable(1)
    box = Box(one=p, two=[p, p], three=Box(one=p))
    assert box.parameters() == [p]


def test_cycles_end():
    box = Box(p=trainable(1))
    box.me, box.items = box, [box]
    box.items.append(box.items)
    assert len(box.parameters()) == 1


def test_a_deep_nest_does_not_overflow_the_stack():
    box = Box(p=trainable(1))
    for _ in range(5000):
        box = Box(inner=[box])
    assert len(box.parameters()) == 1


def test_paths_that_look_alike_lose_no_parameter():
    box = Box(a={"b.c": trainable(1), "b": {"c": trainable(2)}})
    assert len(box.parameters()) == len(box.parameters_dict()) == 2


def test_sets_are_searched_in_the_order_of_making():
    nodes = [trainable(i) for i in range(20)]
    assert Box(items=set(nodes)).parameters() == nodes


def test_a_class_attribute_is_a_parameter_of_all_its_instances():
    shared = trainable(1)

    class Agent(ParameterContainer):
        gain = shared

    class Special(Agent):
        gain = 3

    assert Agent().parameters() == [shared]
    assert Special().parameters() == []


def test_many_objects_with_trainable_methods_are_all_found():
    class Agent(Module):
        @bundle(trainable=True)
        def act(self, x):
            return x

        @bundle(trainable=True)
        def plan(self, x):
            return x

    box = Box(agents=[Agent() for _ in range(30)])
    assert len({id(p) for p in box.parameters()}) == 60


def test_methods_and_partials_among_the_attributes_stand_for_their_code():
    class Agent(Module):
        @bundle(trainable=True)
        def act(self, x):
            return x

    agent = Agent()
    assert Box(tools=[agent.act]).parameters() == [agent.act.parameter]


# Seq and Map


def test_a_seq_is_a_list_that_knows_its_parameters():
    p, q = trainable(1), trainable(2)
    seq = Seq(p, 5, [q])
    assert seq.parameters() == [p, q]
    assert list(seq.parameters_dict()) == ["0", "2.0"]
    seq.append(trainable(3))
    assert len(seq) == 4
    assert seq[:2] == Seq([p, 5])
    assert isinstance(seq[1:], Seq)


@pytest.mark.parametrize(
    ("args", "items"),
    [
        ((), []),
        (([1, 2],), [1, 2]),
        (((1, 2),), [1, 2]),
        ((range(2),), [0, 1]),
        (("text",), ["text"]),
        ((1, 2), [1, 2]),
        ((3,), [3]),
        (({"a": 1},), [{"a": 1}]),
        ((Seq(1, 2),), [1, 2]),
    ],
)
def test_a_seq_is_made_of_items_or_of_one_collection(args, items):
    assert list(Seq(*args)) == items


def test_one_node_is_one_item():
    assert len(Seq(node([1, 2, 3]))) == 1


def test_a_node_as_index_is_traced():
    p, q, i = trainable(1), trainable(2), trainable(1, "i")
    seq = Seq(p, q)
    out = seq[i]
    assert out.data == 2
    assert {p, q, i} <= out.parameter_dependencies
    seq[node(0)] = 7
    assert seq.data[0] == 7
    del seq[node(0)]
    assert len(seq) == 1
    with pytest.raises(IndexError):
        seq[node(9)]


def test_an_object_is_chosen_as_it_is():
    agents = Seq(Box(a=1), Box(a=2))
    assert agents[node(1)] is agents.data[1]


def test_a_map_finds_keys_by_value_even_if_they_are_nodes():
    key, value = trainable("tea"), trainable(2)
    prices = Map({key: value, "milk": 3})
    assert prices["tea"] is value
    assert prices[key] is value
    assert "tea" in prices
    assert node("milk") in prices
    assert prices[node("milk")].data == 3
    assert prices.parameters() == [key, value]
    key.update("coffee")
    assert "tea" not in prices
    assert prices["coffee"] is value
    prices["coffee"] = 9
    assert (len(prices), prices[key]) == (2, 9)
    prices[node("milk")] = 4
    assert prices["milk"] == 4
    del prices["coffee"]
    assert list(prices) == ["milk"]
    with pytest.raises(KeyError, match="tea"):
        prices["tea"]


def test_a_key_that_is_a_node_is_traced():
    key, value = trainable("a"), trainable(1)
    out = Map({"a": value})[key]
    assert {key, value} <= out.parameter_dependencies


def test_a_bundle_may_read_what_a_seq_holds():
    seq = Seq(trainable(2), trainable(3))
    out = bundle(lambda items: items[0].data * items[1].data)(seq)
    assert out.data == 6
    assert out.parameter_dependencies == set(seq.parameters())


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_containers_are_copied_with_their_nodes(copied):
    shared = trainable(1)
    box = Box(seq=Seq(shared, 2), map=Map({"k": shared}), list=[shared])
    twin = copied(box)
    assert type(twin.seq) is Seq
    assert twin.seq[0] is twin.map["k"] is twin.list[0]
    assert twin.parameters()[0] is not shared
    twin.parameters()[0].update(7)
    assert (shared.data, twin.map["k"].data) == (1, 7)


# apply_op


def add(x, y):
    return x + y


def test_apply_op_goes_through_nested_containers():
    left = {"a": [node(1), (node(2), node(3))], "b": Box(c=node(4))}
    right = {"a": [node(10), (node(20), node(30))], "b": Box(c=node(40))}
    output = copy.deepcopy(left)
    out = apply_op(add, output, left, right)
    assert out is output
    assert out["a"][0].data == 11
    assert [n.data for n in out["a"][1]] == [22, 33]
    assert out["b"].c.data == 44
    assert out["b"].c.parents == [left["b"].c, right["b"].c]


def test_apply_op_uses_a_node_for_every_element_and_passes_keywords():
    out = apply_op(add, [0, 0], [node(1), node(2)], y=node(10))
    assert [n.data for n in out] == [11, 12]
    assert apply_op(add, None, node(1), node(2)).data == 3


def test_apply_op_leaves_what_has_no_nodes():
    out = apply_op(add, [0, "x"], [node(1), "x"], [node(2), "y"])
    assert isinstance(out[0], Node)
    assert out[1] == "x"


@pytest.mark.parametrize(
    ("output", "argument", "message"),
    [
        ([0, 0], [node(1)], "output is a list of 2, but an argument there a list of 1"),
        ([0], (node(1),), "output is a list of 1, but an argument there a tuple of 1"),
        ({"a": 0}, {"b": node(1)}, "output is a dict with a, but an argument there a dict with b"),
        ([[0], 0], [[node(1), node(2)], 1], r"output\[0\] is a list of 1"),
        ({"a": [0]}, {"a": 3}, r"output\['a'\] is a list of 1, but an argument there a int"),
        ([0], [[node(1)]], r"output\[0\] is one element"),
    ],
)
def test_apply_op_refuses_unequal_shapes(output, argument, message):
    with pytest.raises(ValueError, match=message):
        apply_op(add, output, argument, node(1))


def test_apply_op_refuses_a_container_in_itself():
    items = [node(1)]
    items.append(items)
    with pytest.raises(ValueError, match="holds itself"):
        apply_op(add, items, items, node(1))
