import json

from trace_bench.baselines.optoprime_scored import OptoPrimeScored
from trace_core import ExecutionError, bundle, node
from trace_core.llm import MockLLM
from trace_core.opto import Outcome

from .contract import OptimizerContract, drive
from .listening import Listener
from .slopes import Slopes


class TestOptoPrimeScored(OptimizerContract):
    optimizer = OptoPrimeScored
    settings = {"candidates": 2}

    @classmethod
    def llm(cls):
        return MockLLM(seed=1)


def names(problem):
    return [f"{parameter.base_name}0" for parameter in problem.parameters]


def test_candidates_are_tried_one_an_iteration_and_the_best_trace_goes_on() -> None:
    problem = Slopes()
    a, b = names(problem)
    tried = [{a: 1.0, b: -1.0}, {a: -4.0}, {a: 2.0}, {b: 3.0}]
    llm = Listener(replies=[json.dumps({"suggestion": each}) for each in tried])
    optimizer = OptoPrimeScored.for_problem(problem, seed=0, llm=llm, candidates=2)
    scores = []
    visited = []
    for _ in range(4):
        scores.append(problem.oracle().score)
        visited += drive(optimizer, problem, 1)
    assert visited[0] == {"a": 1.0, "b": -1.0}
    assert visited[1] == {"a": -4.0, "b": 0.0}, "made from the start, not from the one before"
    best = [{"a": 0.0, "b": 0.0}, *visited][scores[:3].index(min(scores[:3]))]
    assert visited[2] == best | {"a": 2.0}
    assert f"{a}={best['a']}" in llm.asked[2]
    assert len(llm.requests) == 4


def test_candidates_are_tried_although_one_failed_before_reaching_all_parameters() -> None:
    x, y = (node(1, name=name, trainable=True) for name in "xy")

    @bundle()
    def refuse_fives(value):
        if value == 5:
            raise ValueError("no fives")
        return value

    def outcome() -> Outcome:
        try:
            total = refuse_fives(x) + y
        except ExecutionError as error:
            return Outcome(error.exception_node, "fails")
        return Outcome(total, "more", score=-float(total.data))

    replies = [json.dumps({"suggestion": {"x0": value, "y0": 3}}) for value in (5, 6)]
    optimizer = OptoPrimeScored([x, y], MockLLM(replies=replies), candidates=2)
    tried = []
    for _ in range(2):
        optimizer.zero_feedback()
        optimizer.backward(outcome())
        optimizer.step()
        tried.append((x.data, y.data))
    assert tried == [(5, 3), (6, 3)]
