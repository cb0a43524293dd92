from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.trace_core.llm.conftest import SCHEMA, ask
from trace_core.llm import MockLLM


def test_answers_satisfy_the_schema():
    for draw in range(50):
        answer = json.loads(MockLLM().complete(ask(schema=SCHEMA, draw=draw)).text)
        assert list(answer) == sorted(SCHEMA["properties"])
        assert isinstance(answer["reasoning"], str)
        assert -5 <= answer["x"] <= 5
        assert isinstance(answer["steps"], int)


def test_equal_requests_get_equal_answers_and_others_get_others():
    requests = [ask(schema=SCHEMA), ask(schema=SCHEMA, draw=1), ask(schema=SCHEMA, seed=1)]
    requests.append(ask("Feedback: larger", schema=SCHEMA))
    answers = [MockLLM().complete(request).text for request in requests]
    assert answers == [MockLLM().complete(request).text for request in requests]
    assert len(set(answers)) == 4
    assert MockLLM(seed=1).complete(requests[0]).text != answers[0]


def test_answers_are_the_same_in_another_process():
    program = (
        "from trace_core.llm import *\n"
        "print(MockLLM().complete(Request((Message('user', 'x'),), {'type': 'number'})).text)"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True
        ).stdout
        for seed in "12"
    }
    assert len(outputs) == 1
    assert float(outputs.pop())


def test_without_a_schema_it_says_what_it_is():
    text = MockLLM().complete(ask()).text
    assert text.startswith("No model was asked.")
    assert "value" in json.loads(text[text.index("{") :])


def test_a_script_is_read_in_order_and_again():
    llm = MockLLM(replies=["a", "b"])
    assert [llm.complete(ask()).text for _ in range(3)] == ["a", "b", "a"]


def test_an_empty_script_is_refused():
    with pytest.raises(ValueError, match="replies is empty"):
        MockLLM(replies=[])


def test_it_is_labelled_and_costs_nothing():
    llm = MockLLM()
    usage = llm.complete(ask("two words")).usage
    assert (llm.name, llm.is_mock) == ("mock", True)
    assert (usage.prompt_tokens, usage.completion_tokens > 0, usage.usd) == (5, True, 0.0)
    assert llm.settings() == {"replies": None, "seed": 0}
    llm.check()
    llm.close()
