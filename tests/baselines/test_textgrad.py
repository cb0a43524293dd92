import json

import pytest

from trace_bench.baselines.textgrad import TextGrad
from trace_core import bundle, node
from trace_core.llm import MockLLM
from trace_core.opto import Interval

from .contract import OptimizerContract
from .listening import Listener


class TestTextGrad(OptimizerContract):
    optimizer = TextGrad

    @classmethod
    def llm(cls):
        return MockLLM(seed=1)


@bundle()
def join(left, right):
    """Left, then right."""
    return f"{left} {right}"


def suggestion(**values):
    return json.dumps({"reasoning": "so", "suggestion": values})


def example(*replies):
    a, b = (node(text, name=text, trainable=True) for text in ("a", "b"))
    llm = Listener(replies=list(replies))
    optimizer = TextGrad([a, b], llm, context="Greet.")
    output = join(join(a, node("and")), join(a, b))
    optimizer.backward(output, "Be kinder.")
    return a, b, llm, optimizer


def test_feedback_travels_edge_by_edge_from_the_output_to_every_parameter() -> None:
    edges = ["to left", "to right", "to a", "to b", "to a again"]
    a, b, llm, optimizer = example(*edges, suggestion(a0="dear a"), suggestion(b0="dear b"))
    entry = optimizer.step()
    assert (a.data, b.data) == ("dear a", "dear b")
    assert len(llm.requests) == 5 + 2, (
        "a call an edge between nodes of the subgraph, one a parameter"
    )
    assert "# Feedback to join2\nBe kinder." in llm.asked[0]
    assert "# Feedback to join1\nto right" in llm.asked[2]
    assert "# Feedback to join0\nto left" in llm.asked[4]
    assert "to a\nto a again" in llm.asked[5]
    assert entry["propagated"]["a0"] == ["to a", "to a again"]
    assert entry["reasoning"] == {"a0": "so", "b0": "so"}
    assert entry["changed"] == ["a0", "b0"]


def test_prompts_tell_the_task_the_operation_and_its_values() -> None:
    _, _, llm, optimizer = example("pass on", suggestion(a0="x"))
    optimizer.step()
    first = llm.asked[0]
    for part in (
        "Greet.",
        "join2 = join(left=join0, right=join1)",
        "Left, then right.",
        "a and a b",
    ):
        assert part in first


def test_a_rejected_value_is_told_to_its_parameter_next_time() -> None:
    edges = ["told"] * 5
    a, b, llm, optimizer = example(*edges, suggestion(a0=3), suggestion(b0="c"))
    entry = optimizer.step()
    assert (a.data, b.data) == ("a", "c")
    assert entry["events"] == {"rejected_type": 1}
    optimizer.step()
    assert "it takes a str, not 3" in llm.asked[12]
    assert "Not applied" not in llm.asked[13]


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (suggestion(x0=4), "nothing changed"),
        ("I would raise x.", "it holds no JSON object"),
        (suggestion(y=5), "y: there is no such variable"),
        (suggestion(x0=50), "50 is not"),
    ],
)
def test_what_was_not_applied_is_told(reply, told) -> None:
    x = node(4, name="x", trainable=True, constraint=Interval(0, 10, integer=True))
    llm = Listener(replies=["pass it on", reply, "pass it on", suggestion(x0=5)])
    optimizer = TextGrad([x], llm)
    for _ in range(2):
        optimizer.zero_feedback()
        optimizer.backward(x * 2, "Make it larger.")
        optimizer.step()
    assert told in llm.asked[-1] and told not in llm.asked[1]
    assert x.data == 5
