"""Bundles that call themselves and each other."""

import asyncio

import pytest

from trace_core import (
    ExecutionError,
    TraceMissingInputsError,
    bundle,
    node,
    stop_tracing,
)

pytestmark = pytest.mark.usefixtures("in_process")


def rewrite(item, code):
    item.parameter.update(code)


@bundle(trainable=True)
def factorial(n):
    return 1 if n < 2 else int(n * factorial(n - 1))


def test_a_trainable_function_may_call_itself_before_and_after_it_is_rewritten():
    out = factorial(node(5, name="n"))
    assert (out.data, [p.base_name for p in out.parents]) == (120, ["n", "__code"])
    twin = factorial.twin(factorial.parameter.detach())
    rewrite(twin, "def factorial(n):\n    return 2 if n < 2 else n * factorial(n - 1)")
    assert twin(5).data == 240


@bundle(overwrite_python_recursion=True)
def countdown(n):
    return [n, *countdown(n=n - 1)] if n else []


def test_a_function_that_calls_itself_has_plain_values_if_told_to_and_traced_or_not():
    n = node(3, name="n")
    out = countdown(n)
    assert (out.data, out.parents) == ([3, 2, 1], [n])
    with stop_tracing():
        assert countdown(n).data == [3, 2, 1]
        assert bundle(lambda n: countdown(n))(n).data == [3, 2, 1]
        assert factorial(4).data == 24


def test_other_functions_between_the_calls_get_nodes():
    @bundle(trainable=True)
    def ping(n):
        return [n, *pong(n - 1).data] if n else []

    @bundle()
    def pong(n):
        return ping(n).data

    assert ping(2).data == [2, 1]
    with stop_tracing():
        assert ping(2).data == [2, 1]


def test_async_functions_that_call_themselves_have_plain_values():
    @bundle(trainable=True)
    async def total(n):
        return n + int(await total(n - 1)) if n else 0

    assert asyncio.run(total(3)).data == 6
    with stop_tracing():
        assert asyncio.run(total(3)).data == 6


@bundle(traceable_code=True)
def fibonacci(n):
    if n < 2:
        return n
    return fibonacci(n - 1) + fibonacci(n - 2)


def test_the_inner_calls_of_a_traceable_recursion_are_in_the_inner_graph():
    n = node(5, name="n", trainable=True)
    out = fibonacci(n)
    assert (out.data, out.parents) == (5, [n])
    inner = out.info["output"]
    assert [p.base_name for p in inner.parents] == ["fibonacci", "fibonacci"]
    depth = 0
    while "output" in inner.info or inner.parents:
        inner = inner.info.get("output") or inner.parents[0]
        depth += 1
    assert depth > 5
    out.backward("larger")
    assert n.feedback


def test_a_deep_recursion_that_fails_says_each_line_once():
    @bundle()
    def down(n):
        if n == 0:
            raise ValueError("the end")
        return down(n - 1).data

    n = node(50, trainable=True)
    with pytest.raises(ExecutionError) as caught:
        down(n)
    end = caught.value.exception_node
    assert end.data == "(ValueError) the end"
    assert end.create_feedback("full").splitlines() == [
        "(ValueError) the end",
        "In down, line 4: return down(n - 1).data",
        'In down, line 3: raise ValueError("the end")',
    ]
    assert end.parents == [n]


def test_a_recursion_without_end_is_a_failure():
    @bundle()
    def forever(n):
        return forever(n + 1)

    with pytest.raises(ExecutionError, match="RecursionError"):
        forever(1)


def test_a_missing_input_is_found_through_nested_bundles():
    secret = node(1, name="secret")
    inner = bundle(allow_external_dependencies=True)(lambda x: x + secret.data)
    with pytest.raises(TraceMissingInputsError, match="<lambda> reads secret"):
        bundle(lambda x: inner(x))(1)
    outer = bundle(allow_external_dependencies=True)(lambda x: inner(x))
    assert outer(1).info["external_dependencies"] == [secret]


def test_what_an_inner_body_uses_is_an_input_of_the_outer_one_too():
    secret = node(2, name="secret")
    inner = bundle(lambda x: x + secret)
    out = bundle(traceable_code=True)(lambda x: inner(x) * 2)(1)
    assert (out.data, list(out.inputs)) == (6, ["x", "secret"])
    assert list(out.info["output"].parents[0].inputs) == ["x", "secret"]


def test_a_value_that_is_read_before_its_node_is_used_is_found():
    secret = node(1, name="secret")

    def body(x):
        stranger = secret.data
        return x + secret + stranger

    for options in ({}, {"traceable_code": True}):
        with pytest.raises(TraceMissingInputsError, match="secret"):
            bundle(**options)(body)(1)


def test_a_trainable_bundle_may_be_an_argument_of_another():
    @bundle(trainable=True)
    def step(x):
        return x + 1

    @bundle()
    def repeat(function, x):
        return function(function(x)).data

    out = repeat(step, 1)
    assert out.data == 3
    assert out.parameter_dependencies == {step.parameter}


def test_nodes_that_a_body_makes_of_its_inputs_are_its_own_however_many():
    @bundle()
    def chain(x):
        n = node(x)
        for _ in range(60):
            n = n + n  # as a tree, 2 to the power of 60 nodes
        return n.data

    assert chain(1).data == 2**60
    assert len(chain(1).parents) == 1


def test_a_traceable_body_has_nodes_where_nothing_is_traced_too():
    @bundle(traceable_code=True)
    def shifted(x, by=1, *more, scale=2):
        return (x.data + by.data + sum(m.data for m in more)) * scale.data

    with stop_tracing():
        assert shifted(node(3)).data == 8
        assert shifted(3, 2, 1, scale=1).data == 6


def test_a_wrong_call_is_a_type_error_where_nothing_is_traced_too():
    @bundle()
    def two(a, b):
        return a + b

    with stop_tracing(), pytest.raises(TypeError, match="'b'"):
        two(1)
