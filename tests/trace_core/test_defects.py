"""Defects of the published library that the core must not have: one test each, by its number."""

import builtins
import copy
import gc
import json
import os
import pickle
import subprocess
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest

from trace_core import (
    ExecutionError,
    GradientPropagator,
    MessageNode,
    SumPropagator,
    bundle,
    node,
    sandbox,
    stop_tracing,
    trace_feedback,
)
from trace_core.llm import MockLLM
from trace_core.optimizers import OptoPrime


def answered(parameters, suggestion, *, reasoning="", **settings):
    """An OptoPrime whose LLM gives this one answer."""
    reply = {"reasoning": reasoning, "answer": "", "suggestion": suggestion}
    return OptoPrime(parameters, MockLLM(replies=[json.dumps(reply)]), **settings)


def suggested(value, suggestion):
    """The value of a parameter after an LLM suggested another."""
    x = node(value, name="x", trainable=True)
    x.clone().backward("change it")
    answered([x], {"x0": suggestion}).step()
    return x.data


def test_01_an_exception_without_arguments_surfaces_as_what_it_is():
    @bundle()
    def fail(x):
        raise ValueError

    with pytest.raises(ExecutionError, match=r"^\(ValueError\)$"):
        fail(1)


def test_02_info_inputs_is_not_shared_by_calls():
    total = bundle(lambda x: x)
    first, second = total(1), total(2)
    assert first.info["inputs"]["x"].data == 1
    first.info["inputs"]["x"] = None
    assert second.info["inputs"]["x"].data == 2


def test_03_an_inner_stop_tracing_keeps_tracing_stopped_and_other_threads_trace():
    with stop_tracing():
        with stop_tracing():
            pass
        assert (node(1) + 1).is_root
        with ThreadPoolExecutor(1) as threads:
            assert not threads.submit(lambda: (node(1) + 1).is_root).result()


def test_04_threads_see_no_false_missing_inputs_and_no_name_twice():
    meet = threading.Barrier(4)

    @bundle()
    def body(x):
        meet.wait(5)
        return x + 1

    def work(i):
        return [body(node(i, name="shared")).name for _ in range(20)]

    with ThreadPoolExecutor(4) as threads:
        names = [name for some in threads.map(work, range(4)) for name in some]
    assert len(set(names)) == 80


def test_05_nodes_do_not_stay_alive_until_clear():
    y = node(1) + 1
    gone = weakref.ref(y)
    del y
    gc.collect()
    assert gone() is None


def test_06_an_index_error_in_a_propagator_is_not_the_end_of_backward_in_silence():
    def rule(child, message):
        raise IndexError("of the rule's own")

    propagator = SumPropagator()
    propagator.register("add", rule)
    with pytest.raises(IndexError, match="of the rule's own"):
        (node(1, trainable=True) + 1).backward("up", propagator=propagator)


def test_07_copies_have_no_ancestors_and_depth_is_no_limit_and_message_nodes_pickle():
    x = y = node(0, name="x")
    for _ in range(1_000):
        y = y + 1
    for twin in (y.detach(), copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        assert (twin.data, twin.parents) == (1_000, [])
    assert isinstance(y, MessageNode)
    assert x.children


def test_08_rewritten_code_does_not_run_in_process_unless_told_to():
    @bundle(trainable=True)
    def act(x):
        """Act."""
        return x

    act.parameter.update("def act(x):\n    raise SystemExit(3)")
    with pytest.raises(ExecutionError, match="asked to exit"):
        act(1)


def test_08_code_is_not_compiled_anew_on_each_call(monkeypatch):
    @bundle(trainable=True)
    def act(x):
        """Act."""
        return x

    seen = []
    original = builtins.compile

    def count(source, *args, **keywords):
        seen.append(source)
        return original(source, *args, **keywords)

    act.parameter.update("def act(x):\n    return x + 1")
    with sandbox.use("inprocess"):
        act(1)
        monkeypatch.setattr(builtins, "compile", count)
        assert act(1).data == 2
    assert act.parameter.data not in seen


@pytest.mark.parametrize(
    ("old", "suggestion", "new"),
    [
        (True, "False", False),
        ("text", "I am the default", "I am the default"),
        ([1, 2], "[3, 4]", [3, 4]),
        (1, {"a": 1}, 1),
        (1.5, "many", 1.5),
    ],
    ids=["a bool is no truth value", "def in a text", "a list as text", "wrong type", "no number"],
)
def test_09_suggestions_are_converted_or_refused_by_type(old, suggestion, new):
    assert suggested(old, suggestion) == new


def test_10_a_word_in_the_reply_does_not_cancel_the_update():
    x = node(1, name="x", trainable=True)
    (x + 1).backward("more")
    answered([x], {"x0": 5}, reasoning="TERMINATE the loop after this").step()
    assert x.data == 5


def test_11_a_fenced_reply_is_read():
    x = node(1, name="x", trainable=True)
    (x + 1).backward("more")
    reply = 'Here it is:\n```json\n{"suggestion": {"x0": 5}}\n```\nDone.'
    OptoPrime([x], MockLLM(replies=[reply])).step()
    assert x.data == 5


def test_11_a_truncated_reply_keeps_what_is_whole():
    x, y = node(1, name="x", trainable=True), node(1, name="y", trainable=True)
    (x + y).backward("more")
    reply = '{"reasoning": "r", "answer": "", "suggestion": {"x0": 5, "y0": 1'
    OptoPrime([x, y], MockLLM(replies=[reply])).step()
    assert (x.data, y.data) == (5, 1)


def test_12_a_minibatch_with_different_feedback_is_merged():
    x = node(1, name="x", trainable=True)
    first, second = x + 1, x * 2
    optimizer = answered([x], {"x0": 5})
    optimizer.backward(first, "larger")
    optimizer.backward(second, "smaller")
    optimizer.step()
    assert x.data == 5
    assert [text for _, text in trace_feedback([x]).feedback] == ["larger", "smaller"]


def test_13_no_feedback_is_feedback():
    x = node(1, name="x", trainable=True)
    (x + 1).backward(None)
    assert [text for _, text in trace_feedback([x]).feedback] == [""]


def test_14_parameters_without_feedback_are_left_alone():
    x, y = node(1, name="x", trainable=True), node(1, name="y", trainable=True)
    optimizer = answered([x, y], {"x0": 5, "y0": 5})
    optimizer.backward(x + 1, "more")
    optimizer.step()
    assert (x.data, y.data) == (5, 1)


def test_14_a_step_without_backward_asks_nobody():
    class Unreachable(MockLLM):
        def complete(self, request):
            raise AssertionError("it was asked")

    assert "skipped" in OptoPrime([node(1, trainable=True)], Unreachable()).step()


def test_15_an_input_may_be_used_twice():
    x = node(3.0, name="x", trainable=True)
    y = x * x
    y.backward("more", retain_graph=True)
    assert trace_feedback([x]).nodes == [x, y]
    x.zero_feedback()
    propagator = GradientPropagator()
    y.backward(1.0, propagator=propagator)
    assert propagator.gradient(x) == 6.0


def test_16_the_sum_propagator_works():
    x = node(3.0, name="x", trainable=True)
    (x * 2 + x).backward(1.0, propagator=SumPropagator())
    assert sum(m for several in x.feedback.values() for m in several) == 2.0


def test_17_long_values_are_shortened_in_the_prompt():
    x = node("a" * 20_000, name="x", trainable=True)
    y = x + "b" * 20_000
    optimizer = answered([x], {"x0": "short"})
    optimizer.backward(y, "shorter")
    prompt = optimizer.prompt(optimizer.problem_instance())
    assert sum(len(message.content) for message in prompt) < 40_000


def test_18_importing_the_optimizers_loads_no_llm_package():
    code = (
        "import sys, trace_core.optimizers\n"
        "print([m for m in ('openai', 'litellm', 'autogen', 'httpx') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.strip() == "[]"


def test_19_no_trace_function_is_set():
    inside = []
    before = sys.gettrace(), sys.getprofile()
    bundle(lambda x: inside.append((sys.gettrace(), sys.getprofile())))(1)
    assert inside == [before]
    assert (sys.gettrace(), sys.getprofile()) == before
