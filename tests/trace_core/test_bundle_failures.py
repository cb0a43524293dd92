"""Failures of bundles are feedback (App. D)."""

from types import FunctionType

import pytest

from trace_core import (
    GRAPH,
    ExceptionNode,
    ExecutionError,
    Module,
    Node,
    bundle,
    node,
    stop_tracing,
)

pytestmark = pytest.mark.usefixtures("in_process")


def rewrite(item, code):
    item.parameter.update(code)


class Policy(Module):
    def __init__(self):
        self.limit = node(2, name="limit", trainable=True)

    @bundle(trainable=True)
    def act(self, x):
        """Act."""
        if x > self.limit.data:
            raise ValueError("must be <= limit")
        return [1 / (y - 1) for y in (x,)]


def failure_of(function, *args):
    with pytest.raises(ExecutionError) as caught:
        function(*args)
    return caught.value.exception_node


def test_a_violated_constraint_reaches_all_parameters_it_read():
    policy = Policy()
    end = failure_of(policy.act, 5)
    assert end.create_feedback("full") == (
        '(ValueError) must be <= limit\nIn act, line 4: raise ValueError("must be <= limit")'
    )
    end.backward(end.create_feedback("full"))
    assert policy.limit.feedback
    assert policy.act.parameter.feedback


def test_the_line_inside_a_comprehension_is_named():
    end = failure_of(Policy().act, 1)
    assert end.create_feedback("full").endswith(
        "In act, line 5: return [1 / (y - 1) for y in (x,)]"
    )


def test_a_failure_of_an_inner_bundle_is_told_with_both_lines():
    policy = Policy()

    @bundle()
    def outer(policy, x):
        return policy.act(x)

    end = failure_of(outer, policy, 5)
    assert end.data == "(ValueError) must be <= limit"
    assert end.create_feedback("full").splitlines()[1:] == [
        "In outer, line 2: return policy.act(x)",
        'In act, line 4: raise ValueError("must be <= limit")',
    ]
    end.backward("less")
    assert policy.limit.feedback


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("def act(self, x):\n    return y", ["(NameError)", "line 2: return y"]),
        ("def act(self, x:\n    return y", ["(SyntaxError)", "line 1", "In act"]),
        ("def act(self):\n    return 1", ["(TypeError)", "In act"]),
        ("def act(self, x):\n    raise KeyError", ["(KeyError)", "line 2: raise KeyError"]),
    ],
)
def test_errors_of_new_code_name_operator_line_and_error(code, told):
    policy = Policy()
    policy.act.parameter.update(code)
    end = failure_of(policy.act, 1)
    for words in told:
        assert words in end.create_feedback("full")
    assert policy.act.parameter in end.parents


def test_new_code_that_reads_a_strange_node_is_a_failure_and_no_crash():
    secret = node(1, name="secret")

    @bundle(trainable=True)
    def act(x):
        return x

    rewrite(act, "def act(x):\n    return secret.data")
    assert "TraceMissingInputsError" in failure_of(act, 1).data
    assert isinstance(secret, Node)


def test_failures_without_tracing_are_the_same_errors():
    with stop_tracing():
        end = failure_of(Policy().act, 5)
        assert end.parents == []
        assert end.data == "(ValueError) must be <= limit"
        with pytest.raises(ZeroDivisionError):
            bundle(catch_execution_error=False)(lambda: 1 / 0)()


def test_attributes_of_the_function_stay():
    def act(x):
        return x

    act.tag = "t"
    made = bundle(act)
    assert made.tag == "t"
    assert isinstance(made.__wrapped__, FunctionType)


def test_a_docstring_in_brackets_does_not_rename_the_operator():
    @bundle()
    def act(x):
        """[0, 1] is the range."""
        return x

    assert act(1).base_name == "act"


def test_a_node_made_of_another_failure_says_what_failed_first():
    GRAPH.clear()
    x = node(0, name="x", trainable=True)
    with pytest.raises(ExecutionError) as caught:
        1 / x
    told = {"inputs": {"x": x}, "description": "[exception] The step failed."}
    end = ExceptionNode(caught.value, name="exception_step", **told)
    assert (end.data, end.name) == ("(ZeroDivisionError) division by zero", "exception_step:0")
    assert ExceptionNode(ValueError("no"), **told).base_name == "exception"
