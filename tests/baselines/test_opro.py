import json

from trace_bench.baselines.opro import OPRO
from trace_core import node
from trace_core.llm import MockLLM
from trace_core.opto import Outcome

from .contract import OptimizerContract, drive
from .listening import Listener
from .slopes import Slopes


class TestOPRO(OptimizerContract):
    optimizer = OPRO
    settings = {"memory_size": 2}

    @classmethod
    def llm(cls):
        return MockLLM(seed=1)


def test_the_prompt_holds_pairs_in_order_and_no_trace() -> None:
    llm, problem = Listener(), Slopes()
    optimizer = OPRO.for_problem(problem, seed=0, llm=llm, memory_size=2)
    visited = drive(optimizer, problem, 3)
    last = llm.asked[-1]
    assert last.count("Feedback: ") == 2
    assert f"a = {visited[0]['a']:.6g}" in last and f"a = {visited[1]['a']:.6g}" in last
    assert last.index(f"a = {visited[0]['a']:.6g}") < last.index(f"a = {visited[1]['a']:.6g}")
    assert problem.context in last
    assert "#Code" not in last and "subtract" not in last


def test_a_reply_that_cannot_be_used_changes_nothing_and_is_explained_next_time() -> None:
    llm = Listener(replies=["no idea", '{"suggestion": {"a": "x", "b": 1}}', "{}"])
    problem = Slopes()
    optimizer = OPRO.for_problem(problem, seed=0, llm=llm)
    assert drive(optimizer, problem, 1) == [{"a": 0.0, "b": 0.0}]
    assert drive(optimizer, problem, 1) == [{"a": 0.0, "b": 1.0}]
    assert "it holds no JSON object" in llm.asked[1]
    optimizer.backward(problem.oracle())
    optimizer.step()
    assert "a: it takes a float" in llm.asked[2]


def test_constraints_are_told_and_parameters_of_one_name_kept_apart() -> None:
    first = node(1, name="x", trainable=True, constraint="from 1 to 9")
    second = node(2, name="x", trainable=True)
    llm = Listener(replies=['{"suggestion": {"x0": 5, "x1": 6}}'])
    optimizer = OPRO([first, second], llm)
    optimizer.backward(Outcome(first, "more"))
    optimizer.step()
    assert "x0 (int): from 1 to 9" in llm.asked[0]
    assert (first.data, second.data) == (5, 6)


def test_candidates_of_one_prompt_are_tried_one_an_iteration() -> None:
    values = [{"a": 1.0, "b": 2.0}, {"a": 1.0, "b": 2.0}, {"a": 3.0}]
    llm = Listener(replies=[json.dumps({"suggestion": v}) for v in values])
    problem = Slopes()
    optimizer = OPRO.for_problem(problem, seed=0, llm=llm, candidates=3)
    assert drive(optimizer, problem, 2) == [{"a": 1.0, "b": 2.0}, {"a": 3.0, "b": 0.0}]
    assert len(llm.requests) == 3, "equal candidates are tried once"
    assert optimizer.log[0]["untried"] == 1
    drive(optimizer, problem, 1)
    assert len(llm.requests) == 6
    assert llm.asked[3].count("Feedback: ") == 3


def test_candidates_that_are_the_present_values_are_not_evaluated_again() -> None:
    replies = [json.dumps({"suggestion": {"x": value}}) for value in (1.0, 3.0, 4.0, 5.0)]
    x = node(1.0, name="x", trainable=True)
    llm = Listener(replies=replies)
    optimizer = OPRO([x], llm, candidates=2)
    tried = []
    for _ in range(2):
        optimizer.zero_feedback()
        optimizer.backward(Outcome(x, f"got {x.data}"))
        optimizer.step()
        tried.append(x.data)
    assert tried == [3.0, 4.0]
    assert "Not applied" not in llm.asked[2]


def test_what_was_not_applied_is_no_longer_told_when_the_next_candidate_is_tried() -> None:
    replies = ['{"suggestion": {"x": 3.0, "y": "no"}}', '{"suggestion": {"x": 4.0}}', "{}", "{}"]
    x, y = (node(1.0, name=name, trainable=True) for name in "xy")
    llm = Listener(replies=replies)
    optimizer = OPRO([x, y], llm, candidates=2)
    for _ in range(3):
        optimizer.zero_feedback()
        optimizer.backward(Outcome(x + y, "more"))
        optimizer.step()
    assert optimizer.log[1]["changed"] == ["x"]
    assert "Not applied" not in llm.asked[2]
    assert llm.requests[2].temperature is None
