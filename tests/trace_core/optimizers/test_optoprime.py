import json

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from tests.baselines.contract import OptimizerContract
from trace_core import node
from trace_core.llm import MockLLM, OpenAIClient
from trace_core.operators import make_list
from trace_core.optimizers import OptoPrime


class TestContract(OptimizerContract):
    optimizer = OptoPrime
    settings = {"memory_size": 2}

    @classmethod
    def llm(cls):
        return MockLLM(seed=1)


class Listening(MockLLM):
    """Keeps the requests."""

    def __init__(self, *replies):
        super().__init__(replies=[json.dumps({"suggestion": r}) for r in replies])
        self.requests = []

    def complete(self, request):
        self.requests.append(request)
        return super().complete(request)

    @property
    def prompt(self):
        return self.requests[-1].messages[-1].content


def test_a_suggestion_is_applied_in_place():
    x = node(1.0, name="x", trainable=True)
    optimizer = OptoPrime([x], Listening({"x0": 3}))
    optimizer.zero_feedback()
    optimizer.backward(x * 2, "larger")
    assert optimizer.step()["suggestion"] == {"x0": 3.0}
    assert x.data == 3.0


def test_without_feedback_nothing_is_asked():
    x = node(1.0, name="x", trainable=True)
    llm = Listening({"x0": 3})
    optimizer = OptoPrime([x], llm)
    assert "skipped" in optimizer.step()
    optimizer.backward(node(1) + 1, "not about x")
    assert "skipped" in optimizer.step()
    assert llm.requests == []


def test_a_parameter_without_feedback_is_not_offered_and_not_changed():
    x, y = node(1.0, name="x", trainable=True), node(2.0, name="y", trainable=True)
    llm = Listening({"x0": 3, "y0": 9})
    optimizer = OptoPrime([x, y], llm)
    optimizer.backward(x * 2, "larger")
    assert optimizer.step()["rejected"] == {"y0": "there is no such variable"}
    assert y.data == 2.0
    assert ") y0=" not in llm.prompt


def test_what_was_rejected_is_told_in_the_next_prompt_only():
    x = node(1.0, name="x", trainable=True)
    llm = Listening({"x0": "two"}, {"x0": 2.0}, {"x0": 3.0})
    optimizer = OptoPrime([x], llm)
    for _ in range(3):
        optimizer.zero_feedback()
        optimizer.backward(x * 2, "larger")
        optimizer.step()
    second, third = (r.messages[-1].content for r in llm.requests[1:])
    assert "not applied" in second
    assert "two" in second
    assert "not applied" not in third


def test_memory_shows_the_last_pairs_and_no_more():
    x = node(1.0, name="x", trainable=True)
    llm = Listening({"x0": 2.0}, {"x0": 3.0}, {"x0": 4.0}, {"x0": 5.0})
    optimizer = OptoPrime([x], llm, memory_size=2)
    for i in range(4):
        optimizer.zero_feedback()
        optimizer.backward(x * 2, f"feedback {i}")
        optimizer.step()
    prompts = [r.messages[-1].content for r in llm.requests]
    assert "Earlier values" not in prompts[0]
    assert "feedback 0" not in prompts[3]
    assert "x0=2.0\n#Feedback: feedback 1" in prompts[3]
    assert "x0=3.0\n#Feedback: feedback 2" in prompts[3]


def test_masks_hide_the_trace():
    x = node(1.0, name="x", trainable=True)
    llm = Listening({"x0": 2.0})
    mask = ["#Inputs", "#Others", "#Code", "#Documentation"]
    optimizer = OptoPrime([x], llm, mask=mask)
    optimizer.backward(x * node(7.5, name="secret") + 1, "larger")
    optimizer.step()
    assert "secret" not in llm.prompt
    assert "multiply" not in llm.prompt
    assert "x0=1.0" in llm.prompt
    assert "#Code" in llm.prompt


def test_context_and_objective_make_the_instruction():
    x = node(1.0, name="x", trainable=True)
    optimizer = OptoPrime([x], MockLLM(), context="A pump.", objective="Raise the pressure.")
    optimizer.backward(x * 2, "")
    text = optimizer.problem_instance().text()
    assert text.startswith("#Instruction\nA pump.\nRaise the pressure.\n")
    assert OptoPrime.default_objective


def test_proposing_applies_nothing():
    x = node(1.0, name="x", trainable=True)
    optimizer = OptoPrime([x], Listening({"x0": 3}))
    optimizer.backward(x * 2, "larger")
    assert optimizer.propose() == {x: 3.0}
    assert x.data == 1.0


def test_a_minibatch_is_one_question():
    x = node(1.0, name="x", trainable=True)
    llm = Listening({"x0": 3})
    optimizer = OptoPrime([x], llm)
    optimizer.backward(x * 2, "larger")
    optimizer.backward(x + 5, "smaller")
    optimizer.step()
    assert len(llm.requests) == 1
    assert "add0: smaller" in llm.prompt


def test_an_optimizer_without_parameters_is_refused():
    with pytest.raises(ValueError, match="ParameterNode"):
        OptoPrime([node(1)], MockLLM())
    with pytest.raises(ValueError, match="ParameterNode"):
        OptoPrime([], MockLLM())


def test_it_asks_a_real_server_for_its_schema(chat_server):
    x = node(1.0, name="x", trainable=True)
    llm = OpenAIClient()
    try:
        optimizer = OptoPrime([x], llm)
        optimizer.backward(x * 2, "larger")
        note = optimizer.step()
    finally:
        llm.close()
    (request,) = chat_server.requests
    wanted = request["response_format"]["json_schema"]["schema"]
    assert wanted["properties"]["suggestion"]["required"] == ["x0"]
    assert note["suggestion"] == {"x0": x.data}
    assert x.data != 1.0


def test_a_suggestion_that_changes_nothing_is_told_so_and_counted() -> None:
    x = node(1.0, name="x", trainable=True)
    llm = Listening({"x0": 1}, {"x0": 2.0}, {"x0": 3.0})
    optimizer = OptoPrime([x], llm)
    entries = []
    for _ in range(3):
        optimizer.zero_feedback()
        optimizer.backward(x * 2, "larger")
        entries.append(optimizer.step())
    assert [entry["events"] for entry in entries] == [
        {"unchanged": 1},
        {"usable_reply": 1},
        {"usable_reply": 1},
    ]
    assert entries[0]["rejected"] == {}
    told = ["nothing changed" in request.messages[-1].content for request in llm.requests]
    assert told == [False, True, False]
    assert [request.temperature for request in llm.requests] == [None, 0.8, None]


def test_how_warm_a_stuck_optimizer_asks_is_a_setting() -> None:
    x = node(1.0, name="x", trainable=True)
    llm = Listening({"x0": 1}, {"x0": 1})
    optimizer = OptoPrime([x], llm, stuck_temperature=None)
    for _ in range(2):
        optimizer.zero_feedback()
        optimizer.backward(x * 2, "larger")
        optimizer.step()
    assert [request.temperature for request in llm.requests] == [None, None]


def test_after_a_reply_that_changed_nothing_other_whole_numbers_are_asked_for_by_schema() -> None:
    a, b = node(15, name="a", trainable=True), node(3, name="b", trainable=True)
    old = {"a0": 15, "b0": 3}
    llm = Listening(old, {"a0": 15, "b0": 4}, {"a0": 15, "b0": 4})
    optimizer = OptoPrime([a, b], llm)
    for _ in range(3):
        optimizer.zero_feedback()
        optimizer.backward(a + b, "larger")
        optimizer.step()
    allowed = [
        Draft202012Validator(request.schema["properties"]["suggestion"]).is_valid
        for request in llm.requests
    ]
    assert [is_valid(old) for is_valid in allowed] == [True, False, True]
    others = [{"a0": x, "b0": y} for x in range(13, 18) for y in (2, 3, 4)]
    assert [each for each in others if not allowed[1](each)] == [old]
    refused = [{"a0": 15, "b0": "4"}, {"a0": 15, "b0": 14}, {"a0": 150, "b0": 3}]
    assert not any(map(allowed[1], refused))


def test_a_parameter_may_be_left_out_and_stays() -> None:
    x, y = node(1.0, name="x", trainable=True), node("b", name="y", trainable=True)
    optimizer = OptoPrime([x, y], Listening({"y0": "c"}))
    optimizer.backward(x * 2, "larger")
    optimizer.backward(y + "d", "longer")
    entry = optimizer.step()
    assert (x.data, y.data) == (1.0, "c")
    assert entry["changed"] == ["y0"]


def test_parameters_of_all_kinds_keep_their_types() -> None:
    values = {"a": 1.5, "b": 3, "c": True, "d": "text", "e": [1, 2], "f": (0.5,), "g": {"k": 1}}
    nodes = [node(value, name=name, trainable=True) for name, value in values.items()]
    proposed = {
        "a0": 2,
        "b0": 4.0,
        "c0": "false",
        "d0": "def",
        "e0": [3],
        "f0": [1],
        "g0": "{'k': 2}",
    }
    optimizer = OptoPrime(nodes, Listening(proposed))
    optimizer.backward(make_list(*nodes), "other")
    entry = optimizer.step()
    assert entry["rejected"] == {}
    assert [n.data for n in nodes] == [2.0, 4, False, "def", [3], (1,), {"k": 2}]
    assert [type(n.data) for n in nodes] == [type(value) for value in values.values()]


def test_the_length_of_the_reasoning_is_a_setting() -> None:
    x = node("a", name="x", trainable=True)
    llm = Listening({"x0": "b"})
    optimizer = OptoPrime([x], llm, max_reasoning=123)
    optimizer.backward(x + "c", "longer")
    optimizer.step()
    assert llm.requests[0].schema["properties"]["reasoning"]["maxLength"] == 123


def test_a_long_reason_leaves_the_prompt_within_its_limit():
    x = node(1.0, name="x", trainable=True)
    llm = Listening({"x0": "word " * 5000}, {"x0": 2.0})
    optimizer = OptoPrime([x], llm, max_prompt_tokens=1000)
    for _ in range(2):
        optimizer.zero_feedback()
        optimizer.backward(x * 1.0, "larger")
        optimizer.step()
    assert "word word" in llm.prompt
    assert sum(len(m.content) for m in llm.requests[-1].messages) <= 2500
    assert x.data == 2.0


def test_parameters_may_come_from_a_generator():
    x = node(1.0, name="x", trainable=True)
    assert OptoPrime((p for p in [x]), Listening({})).parameters == [x]


def test_a_list_of_arrays_can_be_changed():
    x = node([np.array([1.0, 2.0]), np.array([1.0, 2.0])], name="x", trainable=True)
    optimizer = OptoPrime([x], Listening({"x0": [[1, 2], [3, 4]]}))
    optimizer.backward(x[0] * 1.0, "larger")
    assert optimizer.step()["changed"] == ["x0"]
    assert [list(each) for each in x.data] == [[1.0, 2.0], [3.0, 4.0]]
