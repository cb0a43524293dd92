"""What can't be traced ends in a clear error or an exception node, never in a wrong graph."""

import copy
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from trace_core import ExceptionNode, ExecutionError, TraceError, bundle, node, operators


@bundle()
def double(x):
    """Twice x."""
    return x * 2


def test_item_and_attribute_assignment_are_refused_with_a_way_out():
    x = node([1], name="x")
    with pytest.raises(TraceError, match="@bundle function that returns it"):
        x[0] = 2
    with pytest.raises(TraceError, match="@bundle function that returns it"):
        x.colour = "red"
    with pytest.raises(TraceError, match="@bundle function that returns it"):
        del x[0]
    assert x.data == [1]


def test_plain_numbers_are_refused_with_a_way_out():
    for convert in (int, float, range):
        with pytest.raises(TraceError, match=r"node\.data") as caught:
            convert(node(1))
        assert isinstance(caught.value, TypeError)


def test_a_node_of_an_unhashable_value_is_hashable():
    x = node([1])
    assert {x: 1}[x] == 1
    assert (x + [2]).data == [1, 2]


def test_an_unhashable_value_in_a_set_of_nodes_is_a_failed_operator():
    x = node([1], name="x")
    for use in (lambda: operators.make_set(x), lambda: double({x})):
        with pytest.raises(ExecutionError, match="unhashable") as caught:
            use()
        assert caught.value.exception_node.parents == [x]


def test_an_unpicklable_value_can_be_traced_but_not_copied():
    lock = node(threading.Lock(), name="lock")
    assert bundle(lambda value: value.locked())(lock).data is False
    for act in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="cannot pickle"):
            act(lock)
    with pytest.raises(ExecutionError, match="cannot pickle") as caught:
        lock.clone()
    assert caught.value.exception_node.parents == [lock]


def test_a_lambda_without_source_is_traced_but_not_trainable():
    sourceless = eval("lambda x: x + 1")
    out = bundle(sourceless)(node(1, name="x"))
    assert (out.data, out.operator.source) == (2, "")
    with pytest.raises(TraceError, match="can't be trainable"):
        bundle(trainable=True)(sourceless)


@pytest.mark.parametrize("code", ["def act(x:\n return", "", "act = 1", "def act(x):\nreturn x"])
def test_a_code_parameter_with_a_syntax_error_is_a_parent_of_the_failure(code):
    @bundle(trainable=True)
    def act(x):
        """Act."""
        return x

    act.parameter.update(code)
    with pytest.raises(ExecutionError, match="SyntaxError") as caught:
        act(1)
    end = caught.value.exception_node
    assert end.parameter_dependencies == {act.parameter}
    end.backward(end.data)
    assert act.parameter.feedback


def test_a_cyclic_container_is_a_value_like_another():
    cycle = [1]
    cycle.append(cycle)
    out = bundle(lambda x: len(x))(cycle)
    assert out.data == 2
    assert "..." in repr(node(cycle))
    assert bundle(lambda x: x)(node(cycle)).data is cycle


def test_a_node_inside_a_cyclic_container_is_refused():
    cycle = [node(1, name="x")]
    cycle.append(cycle)
    with pytest.raises(TraceError, match="cycl"):
        double(cycle)


def test_a_cyclic_result_with_nodes_is_a_failed_operator():
    def circle(x):
        cycle = [x + node(1)]
        cycle.append(cycle)
        return cycle

    x = node(1, name="x")
    with pytest.raises((ExecutionError, TraceError), match="cycl"):
        bundle(circle)(x)


def test_an_exception_whose_str_raises_is_told_all_the_same():
    class Broken(Exception):
        def __str__(self):
            raise RuntimeError("no words")

    @bundle()
    def fail(x):
        raise Broken

    with pytest.raises(ExecutionError, match=r"\(Broken\) its message could not be read") as caught:
        fail(1)
    assert isinstance(caught.value.exception_node, ExceptionNode)


def test_a_bundle_may_be_used_from_many_threads():
    scale = node(3, name="scale", trainable=True)

    @bundle(trainable=True)
    def times(x, by):
        """X times by."""
        return x * by

    def work(i):
        outs = [times(node(i, name="i"), scale) for _ in range(50)]
        assert all(out.data == 3 * i and out.parents[0].data == i for out in outs)
        return outs

    with ThreadPoolExecutor(8) as threads:
        outs = [out for some in threads.map(work, range(8)) for out in some]
    assert len({out.name for out in outs}) == 400
    assert len(scale.children) == 400
    assert all(out.parameter_dependencies == {scale, times.parameter} for out in outs)
