import asyncio
import functools
import inspect

import pytest

from trace_core import (
    ExceptionNode,
    ExecutionError,
    MessageNode,
    ParameterContainer,
    TraceError,
    TraceMissingInputsError,
    UserError,
    bundle,
    node,
    sandbox,
    stop_tracing,
)


@bundle()
def weigh(x, y=2, *rest, k=3, **more):
    """Add everything up."""
    return x + y + sum(rest) + k + sum(more.values())


@bundle(trainable=True)
def ratio(a, b=1):
    """Divide a by b."""
    return a / b


@pytest.fixture(autouse=True)
def original_code():
    written = ratio.parameter.data
    yield
    ratio.parameter.update(written)


def test_arguments_become_nodes_named_after_the_parameters():
    out = weigh(node(1, name="first"), 5, 6, 7, z=9)
    assert isinstance(out, MessageNode)
    assert out.data == 1 + 5 + 6 + 7 + 3 + 9
    assert list(out.inputs) == ["x", "y", "rest_0", "rest_1", "k", "z"]
    assert out.parents[0].base_name == "first"
    assert out.parents[1].base_name == "y"


def test_defaults_are_inputs_too():
    assert list(weigh(1).inputs) == ["x", "y", "k"]


def test_the_output_is_described_by_name_and_docstring():
    out = weigh(1)
    assert out.base_name == "weigh"
    assert out.description == "[weigh] Add everything up."
    assert out.operator.source.startswith("def weigh(x, y=2, *rest, k=3, **more):")


def test_a_description_in_brackets_renames_the_operator():
    out = bundle("[total] all of it")(lambda x: x)(1)
    assert (out.base_name, out.description) == ("total", "[total] all of it")


def test_it_works_without_parentheses_and_keeps_the_functions_face():
    @bundle
    def plain(x: int) -> int:
        """Doc."""
        return x

    assert plain(3).data == 3
    assert (plain.__name__, plain.__doc__) == ("plain", "Doc.")
    assert inspect.signature(plain) == inspect.signature(plain.function)


def test_a_wrong_call_is_a_type_error_as_without_bundle():
    with pytest.raises(TypeError, match="missing a required argument"):
        ratio()


def test_several_outputs_are_one_node():
    @bundle()
    def both(x):
        return x, x + 1

    first, second = both(1)
    assert (first.data, second.data) == (1, 2)
    assert first.parents[0].base_name == "both"


def test_lists_of_nodes_keep_their_parents():
    p = node(1, trainable=True)
    out = bundle(lambda items, table: sum(items) + table["k"])([p, 2], {"k": p})
    assert out.data == 4
    assert out.parameter_dependencies == {p}


def test_nodes_in_the_result_are_replaced_by_their_values():
    @bundle()
    def inner(x):
        return x + 1

    @bundle()
    def outer(x):
        return {"a": [inner(x)], "b": inner(x)}

    assert outer(1).data == {"a": [2], "b": 2}


def test_reading_the_value_of_a_node_that_is_no_input_is_an_error():
    secret = node(3, name="secret")
    for body in (
        lambda x: x + secret.data,
        lambda x: f"{x} {secret}",
        lambda x: x if secret else 0,
    ):
        with pytest.raises(TraceMissingInputsError, match="secret:"):
            bundle(body)(1)


def test_a_node_that_operators_in_the_body_take_becomes_an_input():
    secret = node(3, name="secret", trainable=True)
    bodies = [
        lambda x: x + secret,
        lambda x: weigh(secret).data,
        lambda x: secret,
        lambda x: [x, {"k": secret}],
        lambda x: (x + secret, secret.data),
    ]
    for body in bodies:
        for traceable in (False, True):
            out = bundle(body, traceable_code=traceable)(1)
            assert out.parents[1] is secret
            assert list(out.inputs) == ["x", "secret"]
            secret.zero_feedback()
            out.backward("smaller")
            assert secret.feedback


def test_external_reads_can_be_allowed_and_are_then_remembered():
    secret = node(3, name="secret")
    out = bundle(allow_external_dependencies=True)(lambda x: x + secret.data)(1)
    assert out.data == 4
    assert out.info["external_dependencies"] == [secret]


def test_bundles_may_call_bundles_and_themselves():
    @bundle()
    def fibonacci(n):
        return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)

    out = fibonacci(node(10, name="n"))
    assert out.data == 55
    assert [p.base_name for p in out.parents] == ["n"]


def test_traceable_code_keeps_the_inner_graph():
    @bundle(traceable_code=True)
    def square_next(x):
        y = x + 1
        return y * y

    x = node(3, name="x", trainable=True)
    out = square_next(x)
    assert out.data == 16
    assert out.parents == [x]
    assert out.info["output"].base_name == "multiply"
    assert out.expandable_dependencies == {out}


def test_an_error_ends_the_graph_at_an_exception_node():
    a = node(1, name="a", trainable=True)
    with pytest.raises(ExecutionError, match="division by zero") as caught:
        ratio(a, 0)
    end = caught.value.exception_node
    assert isinstance(end, ExceptionNode)
    assert end.data == "(ZeroDivisionError) division by zero"
    assert end.create_feedback("full").endswith("In ratio, line 3: return a / b")
    assert {a, ratio.parameter} <= set(end.parents)


def test_an_exception_without_arguments_or_with_a_broken_message_is_told_all_the_same():
    class Broken(Exception):
        def __str__(self):
            raise RuntimeError

    for error, text in ((ValueError(), "(ValueError)"), (Broken(), "(Broken) its message")):

        def fail(error=error):
            raise error

        with pytest.raises(ExecutionError) as caught:
            bundle(fail)()
        assert caught.value.exception_node.data.startswith(text)


def test_an_inner_failure_becomes_the_outer_ones():
    x = node(1, name="x", trainable=True)
    with pytest.raises(ExecutionError) as caught:
        bundle(lambda v: bundle(lambda w: 1 / w)(v - 1))(x)
    assert caught.value.exception_node.parents == [x]


def test_errors_can_be_left_alone():
    with pytest.raises(ZeroDivisionError):
        bundle(catch_execution_error=False)(lambda: 1 / 0)()


def test_code_is_a_parameter_that_starts_with_its_signature():
    code = ratio.parameter
    assert code.base_name == "__code"
    assert code.data == 'def ratio(a, b=1):\n    """Divide a by b."""\n    return a / b'
    assert 'def ratio(a, b=1):\n    """Divide a by b."""' in code.constraint
    out = ratio(6, 3)
    assert (out.data, out.base_name, list(out.inputs)) == (2.0, "eval", ["a", "b", "__code"])
    out.backward("go")
    assert code.feedback


def test_rewritten_code_does_not_run_where_that_is_refused():
    ratio.parameter.update("def ratio(a, b=1):\n    return 42")
    with sandbox.use("none"), pytest.raises(UserError, match="'ratio' was rewritten .* is not run"):
        ratio(1)


def test_rewritten_code_runs_where_it_was_allowed_to():
    ratio.parameter.update(
        "def ratio(a, b=1):\n    return ratio(a - 1) if a > 0 else inspect.__name__"
    )
    with sandbox.use("inprocess"):
        assert ratio(3).data == "inspect"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("def ratio(a, b=1:\n    return 1", "SyntaxError.*line 1"),
        ("def other(a):\n    return 1", "must define the function 'ratio'"),
        ("x = 1", r"must define the function 'ratio'$"),
        ("", r"must define the function 'ratio'$"),
    ],
)
def test_code_that_is_no_new_version_is_an_exception_node(code, message):
    ratio.parameter.update(code)
    with pytest.raises(ExecutionError, match=message) as caught:
        ratio(1)
    assert ratio.parameter in set(caught.value.exception_node.parents)


def test_an_error_in_rewritten_code_names_its_line():
    ratio.parameter.update("def ratio(a, b=1):\n    c = b - 1\n    return a / c")
    with sandbox.use("inprocess"), pytest.raises(ExecutionError) as caught:
        ratio(1)
    assert "In ratio, line 3: return a / c" in caught.value.exception_node.create_feedback("full")


class Agent(ParameterContainer):
    def __init__(self):
        self.gain = node(2, name="gain", trainable=True)

    @bundle(trainable=True)
    def act(self, x):
        return x * self.gain.data

    @bundle()
    def plain(self, x):
        return x


def test_each_instance_has_its_own_code_and_self_is_a_node():
    one, two = Agent(), Agent()
    assert one.act.parameter is one.act.parameter
    assert one.act.parameter is not two.act.parameter
    out = one.act(3)
    assert list(out.inputs) == ["self", "x", "__code", "gain"]
    assert out.parameter_dependencies == set(one.parameters())
    assert list(one.parameters_dict()) == ["gain", "act"]
    assert list(one.plain(1).inputs) == ["self", "x"]


def test_a_lambda_cannot_be_trainable_and_says_so():
    with pytest.raises(TraceError, match="can't be trainable"):
        bundle(trainable=True)(lambda x: x)


def test_other_decorators_may_stand_on_either_side():
    def twice(function):
        @functools.wraps(function)
        def run(*args):
            return function(*args) * 2

        return run

    @bundle()
    @twice
    def below(x):
        return x

    @twice
    @bundle()
    def above(x):
        return x

    assert below(3).data == 6
    assert above(3).data == 6
    assert below(3).base_name == "below"


def test_async_functions_are_traced_under_gather():
    @bundle()
    async def later(x):
        await asyncio.sleep(0.001 * (3 - x))
        return x + 1

    async def all_of_them():
        return await asyncio.gather(*(later(node(i, name="i")) for i in range(3)))

    outs = asyncio.run(all_of_them())
    assert [o.data for o in outs] == [1, 2, 3]
    assert [o.parents[0].data for o in outs] == [0, 1, 2]


def test_without_tracing_a_bundle_is_a_call_that_returns_a_root():
    with stop_tracing():
        out = weigh(node(1))
    assert out.data == 6
    assert out.parents == []


def test_the_code_of_a_trainable_bundle_that_the_body_calls_becomes_an_input():
    for options in ({}, {"traceable_code": True}):
        out = bundle(lambda x: ratio(x, 2), **options)(1)
        assert list(out.inputs) == ["x", "ratio_code"]
        assert out.parameter_dependencies == {ratio.parameter}
        out.backward("smaller")
        assert ratio.parameter.feedback
        ratio.parameter.zero_feedback()
