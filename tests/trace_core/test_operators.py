import math
import operator as py

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trace_core import ExceptionNode, ExecutionError, node, operators

NUMBERS = st.integers(-50, 50) | st.floats(-50, 50, allow_nan=False).map(lambda x: round(x, 3))
BINARY = [py.add, py.sub, py.mul, py.truediv, py.floordiv, py.mod, divmod]
COMPARE = [py.lt, py.le, py.gt, py.ge]


@given(x=NUMBERS, y=NUMBERS, function=st.sampled_from(BINARY + COMPARE))
def test_binary_operators_agree_with_python_on_either_side(x, y, function):
    try:
        expected = function(x, y)
    except ZeroDivisionError as error:
        with pytest.raises(ExecutionError) as caught:
            function(node(x), y)
        assert caught.value.exception_node.data == f"(ZeroDivisionError) {error}"
        return
    for z in (function(node(x), node(y)), function(node(x), y), function(x, node(y))):
        assert z.data == expected
        assert [p.data for p in z.parents] in ([x, y], [y, x])


@given(x=st.integers(-9, 9), y=st.integers(0, 9))
def test_integer_operators_agree_with_python(x, y):
    for function in (py.and_, py.or_, py.xor, py.lshift, py.rshift, py.pow):
        assert function(node(x), node(y)).data == function(x, y)
        assert function(x, node(y)).data == function(x, y)
    assert (~node(x)).data == ~x


@given(x=st.floats(-50, 50, allow_nan=False))
def test_unary_operators_agree_with_python(x):
    for function in (py.neg, py.pos, abs, round, math.floor, math.ceil, math.trunc):
        result = function(node(x))
        assert result.data == function(x)
        assert result.parents == [x]
    assert round(node(x), 1).data == round(x, 1)


def test_reflected_operators_keep_the_order_of_the_inputs():
    z = 2 - node(5, name="five")
    assert z.data == -3
    assert list(z.inputs) == ["x", "y"]
    assert z.inputs["y"].base_name == "five"


def test_adding_text_is_called_concat():
    assert (node("a") + "b").base_name == "concat"
    z = "a" + node("b")
    assert (z.base_name, z.data) == ("concat", "ab")


def test_traced_comparison_for_equality_has_a_name_of_its_own():
    assert node(1).eq(1).data is True
    assert node(1).neq(1).data is False
    assert (node(1) == 1) is True


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda s: s.upper(), "A-B C"),
        (lambda s: s.lower(), "a-b c"),
        (lambda s: s.capitalize(), "A-b c"),
        (lambda s: s.title(), "A-B C"),
        (lambda s: s.swapcase(), "A-B C"),
        (lambda s: s.split(), ["a-b", "c"]),
        (lambda s: s.split("-", maxsplit=1), ["a", "b c"]),
        (lambda s: s.strip("a"), "-b c"),
        (lambda s: s.replace("a", node("x")), "x-b c"),
        (lambda s: s[0], "a"),
        (lambda s: s[1:3], "-b"),
        (lambda s: s.len(), 5),
        (lambda s: node("{} {n}").format(s, n=1), "a-b c 1"),
        (lambda s: node(",").join(["q", s]), "q,a-b c"),
        (lambda s: s.call("count", "a"), 1),
        (lambda s: s.getattr("islower")(), True),
        (lambda s: s.clone(), "a-b c"),
    ],
)
def test_text_methods_are_traced(call, expected):
    text = node("a-b c", name="text", trainable=True)
    result = call(text)
    assert result.data == expected
    assert text in set(result.parameter_dependencies)


def test_dicts_give_keys_values_and_pairs_of_nodes():
    d = node({"a": 1, "b": 2}, name="d")
    assert d.keys().data == ["a", "b"]
    assert all(v.parents == [d, k] and k.parents[0].parents == [d] for k, v in d.items())
    assert all(v.parents == [d, k] for k, v in {**d}.items())
    assert d.values().data == [1, 2]
    assert [(k.data, v.data) for k, v in d.items()] == [("a", 1), ("b", 2)]
    assert [k.data for k in d] == ["a", "b"]
    assert d.get("a").data == 1
    assert d.get("z", 9).data == 9
    assert d.pop("a").data == 1
    assert d.data == {"b": 2}


def test_inputs_may_be_given_by_name_and_are_recorded_under_it():
    x = node("a-b-c", name="x")
    assert list(x.split("-", maxsplit=1).inputs) == ["x", "sep", "maxsplit"]
    assert x.replace(new="+", old="-").data == "a+b+c"
    z = operators.subtract(y=x.len(), x=1)
    assert (z.data, z.inputs["y"].parents) == (-4, [x])
    assert operators.list_sort([2, 1, 3], reverse=True).data == [3, 2, 1]
    joined = node("-").join([x, "d"])
    assert (joined.data, list(joined.inputs)) == ("a-b-c-d", ["x", "args_0", "args_1"])
    assert joined.parents[1] is x
    named = node("{} {x}").format(1, x=x)
    assert (named.data, list(named.inputs)) == ("1 a-b-c", ["x", "args_0", "x_"])
    with pytest.raises(ExecutionError, match="TypeError"):
        operators.add(1, 2, z=3)


def test_iterating_gives_one_traced_item_each():
    for container in ([1, 2], (1, 2), np.array([1, 2]), "ab", {1, 2}):
        items = list(node(container, name="box"))
        assert [i.data for i in items] == list(container)
        assert all(i.parents for i in items)


def test_unpacking_what_has_no_items_is_a_failure_of_the_operator_that_made_it():
    nothing = node(1, name="x", trainable=True).call("__init__")
    with pytest.raises(ExecutionError, match="NoneType can't be iterated") as caught:
        _first, _second = nothing
    assert caught.value.exception_node.parents == [nothing]
    assert len(caught.value.exception_node.parameter_dependencies) == 1


def test_containers_of_nodes_become_nodes_made_of_them():
    a, b = node(1, name="a", trainable=True), node(2, name="b", trainable=True)
    z = node([0]) + [a, {"k": b}]
    assert z.data == [0, 1, {"k": 2}]
    assert z.parameter_dependencies == {a, b}
    assert node([1, 2, 3])[a:b].data == [2]


def test_arrays_on_the_left_leave_the_operator_to_the_node():
    z = np.array([1.0, 2.0]) * node(2.0)
    assert z.base_name == "multiply"
    assert z.data.tolist() == [2.0, 4.0]


def test_a_failing_operator_ends_the_graph_with_its_inputs_as_parents():
    x = node(1, name="x", trainable=True)
    with pytest.raises(ExecutionError, match="ZeroDivisionError") as caught:
        x / 0
    end = caught.value.exception_node
    assert isinstance(end, ExceptionNode)
    assert end.parents[0] is x
    end.backward("avoid it")
    assert x.feedback


def test_calling_a_node_traces_the_function_and_its_arguments():
    f = node(lambda a, b=1: a * b, name="f", trainable=True)
    z = f(3, b=node(4))
    assert z.data == 12
    assert list(z.inputs) == ["fun", "args_0", "b"]
