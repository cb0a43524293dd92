"""Prompts that grow with every step still fit into the LLM's context."""

import json

import pytest

from trace_bench.baselines.basic_agent import BasicAgent
from trace_bench.baselines.opro import OPRO
from trace_core import node
from trace_core.opto import Outcome

from .listening import Listener

TEXTS = [f"{k} " + "word " * 100 for k in range(9)]


class Small(Listener):
    context_tokens = 2000


@pytest.mark.parametrize("optimizer", [OPRO, BasicAgent])
def test_what_does_not_fit_into_the_context_is_left_out_oldest_first(optimizer) -> None:
    llm = Small(replies=[json.dumps({"suggestion": {"x": text}}) for text in TEXTS])
    x = node("", name="x", trainable=True)
    method = optimizer([x], llm, max_tokens=400)
    for _ in TEXTS:
        method.zero_feedback()
        method.backward(Outcome(x, "Go on."))
        method.step()
    lengths = [sum(len(m.content) for m in request.messages) for request in llm.requests]
    assert max(lengths) <= (2000 - 400) * 2.5
    whole = "".join(message.content for message in llm.requests[-1].messages)
    assert "7 word" in whole and "6 word" in whole and "0 word" not in whole
