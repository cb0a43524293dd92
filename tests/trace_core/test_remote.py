"""Work in other processes: real ones, each with a fresh interpreter."""

import asyncio
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from types import SimpleNamespace

import pytest

from tests.trace_core import remote_workflows as workflows
from trace_core import (
    ExceptionNode,
    ExecutionError,
    Map,
    MessageNode,
    Seq,
    TraceMissingInputsError,
    UserError,
    bundle,
    minimal_subgraph,
    node,
    remote,
    sandbox,
    stop_tracing,
    trace_feedback,
)


@pytest.fixture(scope="module")
def pool():
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as workers:
        yield workers


@pytest.fixture(autouse=True)
def original_code():
    written = workflows.gain.parameter.data
    yield
    workflows.gain.parameter.update(written)
    workflows.gain.parameter.zero_feedback()


def test_the_workers_trace_begins_at_the_callers_nodes(pool):
    a = node(2.0, name="a", trainable=True)
    out = remote.run(pool, workflows.line, a, x=node(3.0, name="x"))
    assert (out.data, out.base_name, out.description) == (7.0, "add", "[add] x + y")
    product = out.parents[0]
    assert product.parents[0] is a
    assert a.children == [product]
    out.backward("larger")
    assert list(a.feedback) == [product]
    assert trace_feedback([a]).nodes == [a, product, out]


def test_nodes_may_be_anywhere_in_arguments_and_results(pool):
    a, b = node(1, name="a", trainable=True), node(2, name="b", trainable=True)
    result = remote.run(pool, workflows.nested, {"a": a, "more": [b]})
    assert result["process"] != os.getpid()
    assert result["same"] is a
    assert result["total"].parents == [a, b]


def test_objects_that_hold_nodes_may_be_of_any_kind(pool):
    a, b, c = (node(i, name="n", trainable=True) for i in (1, 2, 3))
    holder, several, named = SimpleNamespace(a=a), Seq(c), Map({"b": b})
    out = remote.run(pool, workflows.members, holder, several, named)
    assert out.data == 7
    assert out.parameter_dependencies == {a, b, c}


def test_workers_in_parallel_share_the_callers_parameters(pool):
    a = node(2.0, name="a", trainable=True)
    futures = [remote.submit(pool, workflows.line, a, i) for i in range(6)]
    outputs = [future.result() for future in futures]
    assert [out.data for out in outputs] == [2.0 * i + 1 for i in range(6)]
    assert len({out.name for out in outputs}) == 6
    for i, out in enumerate(outputs):
        out.backward(f"case {i}")
    merged = trace_feedback([a])
    assert {(out, text) for out, text in merged.feedback} == {
        (out, f"case {i}") for i, out in enumerate(outputs)
    }
    assert len(merged.nodes) == 1 + 2 * 6


def test_a_trace_goes_on_after_it_is_joined_and_may_be_sent_again(pool):
    a = node(2.0, name="a", trainable=True)
    first = remote.run(pool, workflows.line, a, 1)
    second = remote.run(pool, workflows.line, first, a) - 1
    assert second.data == 6.0
    assert second.parameter_dependencies == {a}
    assert first in minimal_subgraph([second])


def test_a_failure_in_a_worker_is_one_in_the_callers_graph(pool):
    x = node(0, name="x", trainable=True)
    with pytest.raises(ExecutionError, match=r"\(ZeroDivisionError\) division by zero") as caught:
        remote.run(pool, workflows.inverse, x)
    end = caught.value.exception_node
    assert isinstance(end, ExceptionNode)
    assert end.parents == [x]
    assert "In inverse, line 3: return 1 / x" in end.create_feedback("full")
    assert end.operator.source.startswith("def inverse(x):")
    assert "remote_workflows.py" in str(caught.value.__cause__)
    end.backward(end.data)
    assert x.feedback


def test_other_errors_stay_what_they_are(pool):
    with pytest.raises(KeyError, match="no operator"):
        remote.run(pool, workflows.broken_argument, 1)


def test_a_trainable_bundle_runs_the_callers_code_and_gets_the_feedback(pool):
    workflows.gain.parameter.update("def gain(x):\n    return 10 * x")
    with sandbox.use("inprocess"):
        out = remote.run(pool, workflows.gain, 3)
    assert out.data == 30
    out.backward("go on")
    assert workflows.gain.parameter.feedback


def test_trainable_bundles_that_the_function_names_are_the_callers_too(pool):
    out = remote.run(pool, workflows.amplified, 3)
    assert out.data == 7
    assert out.parameter_dependencies == {workflows.gain.parameter}


def test_rewritten_code_runs_in_a_worker_only_where_the_caller_lets_it(pool):
    workflows.gain.parameter.update("def gain(x):\n    return 10 * x")
    with sandbox.use("none"), pytest.raises(UserError, match="not run"):
        remote.run(pool, workflows.amplified, 3)


def test_recursion_works_in_a_worker(pool):
    out = remote.run(pool, workflows.countdown, 3)
    assert out.data == 0
    assert out.parameter_dependencies == {workflows.countdown.parameter}


def test_modules_are_sent_with_their_parameters_and_come_back_as_themselves(pool):
    agent = workflows.Agent()
    for method in (agent, agent.forward):
        out = remote.run(pool, method, 3)
        acted = out.parents[0]
        assert out.data == 8.0
        assert out.parameter_dependencies == set(agent.parameters())
        assert acted.inputs["self"].data is agent
    assert agent.steps == 0  # the worker's copy has changed


def test_an_instances_own_code_is_used(pool):
    agent, other = workflows.Agent(), workflows.Agent()
    agent.act.parameter.update("def act(self, x):\n    return 100")
    with sandbox.use("inprocess"):
        assert remote.run(pool, agent, 3).data == 200
    assert remote.run(pool, other, 3).data == 8.0


def test_models_and_plain_objects_with_trainable_methods_bring_their_code(pool):
    doubled, plain = workflows.Doubled(), workflows.Plain()
    out = remote.run(pool, doubled, 3)
    assert out.data == 16
    assert out.parameter_dependencies == set(doubled.parameters())
    out = remote.run(pool, workflows.call_act, plain, 3)
    assert out.data == 4
    assert out.parameter_dependencies == {plain.act.parameter}
    assert plain.act.parameter is not workflows.Plain.act.parameter


def test_a_parameter_of_the_workers_own_is_refused_rather_than_lost(pool):
    with pytest.raises(TraceMissingInputsError, match="own:.*Pass it to the call"):
        remote.run(pool, workflows.depends_on_own, 2)


def test_a_parameter_made_in_the_call_is_new_to_the_caller(pool):
    out = remote.run(pool, workflows.makes_a_parameter, 2)
    assert [p.base_name for p in out.parameter_dependencies] == ["inside"]


def test_without_tracing_a_worker_records_nothing(pool):
    a = node(2.0, name="a", trainable=True)
    with stop_tracing():
        out = remote.run(pool, workflows.line, a, 1)
    assert (out.data, out.parents) == (3.0, [])


def test_a_long_trace_crosses_without_recursion(pool):
    x = node(0, name="x", trainable=True)
    out = remote.run(pool, workflows.chain, x, 5_000)
    assert (out.data, out.level) == (5_000, 5_000)
    assert out.parameter_dependencies == {x}


def test_what_can_not_be_sent_is_said_at_once(pool):
    with pytest.raises(UserError, match="<lambda> can't be sent"):
        remote.submit(pool, lambda x: x, 1)
    with pytest.raises(UserError, match="line can't be sent.*value of function:"):
        remote.submit(pool, workflows.line, node(lambda: 1), 2)
    local = bundle(lambda x: x)
    with pytest.raises(UserError, match="bundle .* not found under its name"):
        remote.submit(pool, workflows.line, local, 2)


@pytest.mark.parametrize("workflow", ["returns_a_lambda", "hides_a_lambda"])
def test_what_can_not_come_back_is_said_with_the_node_that_has_it(pool, workflow):
    with pytest.raises(UserError, match="can't be sent back.*value of (identity|make):"):
        remote.run(pool, getattr(workflows, workflow), node(1))


def test_the_future_is_one_of_the_standard_library(pool):
    futures = [remote.submit(pool, workflows.line, node(i), 1) for i in range(3)]
    assert {future.result().data for future in as_completed(futures, timeout=30)} == {1, 2, 3}

    async def wait():
        return await asyncio.wrap_future(remote.submit(pool, workflows.line, node(5), 1))

    assert asyncio.run(wait()).data == 6


def test_a_call_that_has_not_begun_can_be_cancelled():
    with ThreadPoolExecutor(1) as threads:
        first = remote.submit(threads, workflows.slow, node(1), 0.2)
        second = remote.submit(threads, workflows.slow, node(1), 0.2)
        assert second.cancel()
        assert second.cancelled()
        assert first.result().data == 2
        assert not first.cancel()


def test_threads_record_straight_into_the_callers_graph():
    agent = workflows.Agent()
    with ThreadPoolExecutor(4) as threads, sandbox.use("inprocess"):
        futures = [remote.submit(threads, agent, i) for i in range(8)]
        outputs = [future.result() for future in futures]
    assert [out.data for out in outputs] == [2.0 * (i + 1) for i in range(8)]
    assert all(out.parameter_dependencies == set(agent.parameters()) for out in outputs)
    assert agent.steps == 8


def test_nodes_that_a_body_sends_become_its_inputs():
    stranger = node(1, name="stranger")
    with ThreadPoolExecutor(1) as threads:
        body = bundle(lambda x: remote.run(threads, workflows.line, stranger, x).data)
        assert body(1).parents[1] is stranger


def test_a_joined_output_is_an_operators_output(pool):
    out = remote.run(pool, workflows.inverse, node(4, name="x"))
    assert isinstance(out, MessageNode)
    assert list(out.inputs) == ["x"]
    assert out.info["inputs"] == out.inputs
