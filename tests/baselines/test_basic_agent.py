import json

import numpy as np

from trace_bench.baselines.basic_agent import BasicAgent, _said
from trace_core.llm import MockLLM

from .contract import OptimizerContract, drive
from .listening import Listener
from .slopes import Slopes


class TestBasicAgent(OptimizerContract):
    optimizer = BasicAgent
    settings = {"memory_size": 2}

    @classmethod
    def llm(cls):
        return MockLLM(seed=1)


def test_the_conversation_grows_by_a_turn_of_each_and_shows_no_trace() -> None:
    llm, problem = Listener(), Slopes()
    visited = drive(BasicAgent.for_problem(problem, seed=0, llm=llm), problem, 3)
    last = llm.requests[-1].messages
    assert [message.role for message in last] == ["system", *["user", "assistant"] * 2, "user"]
    assert json.loads(last[2].content)["suggestion"] == visited[0]
    assert problem.context in last[0].content
    assert "a = 0.0" in last[1].content
    assert not any("subtract" in message.content for message in last)


def test_no_more_turns_are_kept_than_asked_for_and_the_first_tells_its_values() -> None:
    llm, problem = Listener(), Slopes()
    agent = BasicAgent.for_problem(problem, seed=0, llm=llm, memory_size=1)
    visited = drive(agent, problem, 4)
    assert len(llm.requests[-1].messages) == 4
    assert f"a = {visited[1]['a']:.6g}" in llm.requests[-1].messages[1].content


def test_what_was_not_applied_is_told() -> None:
    llm, problem = Listener(replies=["no idea", '{"suggestion": {"a": 1, "b": 1}}']), Slopes()
    drive(BasicAgent.for_problem(problem, seed=0, llm=llm), problem, 2)
    assert "Not applied: reply: it holds no JSON object" in llm.asked[1]


def test_its_past_answers_are_plain_json() -> None:
    said = {"a": 0.1, "n": 3, "t": "é", "w": np.array([[1.0, 2.0]]), "p": (1, (2, 3)), "f": True}
    more = {"s": np.float32(0.5), "d": {"$k": (1,)}, "o": {1: 2}, "z": {3}, "none": None}
    assert _said(said | more) == json.dumps(
        {
            "suggestion": {
                **{"a": 0.1, "n": 3, "t": "é", "w": [[1.0, 2.0]], "p": [1, [2, 3]], "f": True},
                **{"s": 0.5, "d": {"$k": [1]}, "o": "{1: 2}", "z": "{3}", "none": None},
            }
        }
    )
