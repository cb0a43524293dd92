from dataclasses import replace

import pytest

from trace_bench.baselines.gp import GP
from trace_bench.baselines.grid import Grid
from trace_bench.baselines.random_search import RandomSearch
from trace_bench.tasks.constraints import Constraints, ConstraintsProblem
from trace_core.llm import MockLLM
from trace_core.optimizers import OptoPrime
from trace_core.opto import Problem

from .contract import TaskContract
from .visible import visible


class TestConstraints(TaskContract):
    beyond = None

    @classmethod
    def task(cls) -> Constraints:
        return Constraints()

    def solve(self, problem: Problem) -> None:
        for parameter, value in zip(problem.parameters, problem.optimum, strict=True):
            parameter.update(value)

    def sabotage(self, problem: Problem) -> None:
        problem.parameters[0].update(1000)


def test_a_violated_limit_ends_the_trace_and_says_the_limit() -> None:
    problem = Constraints().problem(0)
    tables, chairs = problem.parameters
    stages = {}
    for a in range(21):
        for b in range(21):
            tables.update(a)
            chairs.update(b)
            outcome = problem.oracle()
            assert (outcome.error is None) == problem.workshop.allows((a, b))
            if outcome.error:
                assert outcome.score is None
                stages[outcome.output.operator.name] = outcome.feedback
    assert len(stages) >= 2, "constraints act at several stages"
    assert all("at most" in text for text in stages.values())


def test_a_limit_that_was_not_met_is_nowhere_to_be_seen() -> None:
    shown = []
    for limits in [(50, 60, 70), (80, 90, 99)]:
        workshop = replace(Constraints().problem(0).workshop, available=limits)
        problem = ConstraintsProblem(workshop, most=20)
        problem.parameters[0].update(3)
        shown.append(visible(problem, problem.oracle()))
    assert shown[0] == shown[1]


@pytest.mark.parametrize("value", [-1, 2.0, True, "3", None])
def test_what_is_no_number_of_pieces_is_feedback(value: object) -> None:
    problem = Constraints().problem(0)
    problem.parameters[1].update(value)
    assert "must be whole and not negative" in problem.oracle().feedback


def test_the_reference_optimizer_reaches_the_optimum() -> None:
    for seed in range(3):
        problem = Constraints(most=10).problem(seed)
        grid = Grid(problem.parameters, problem.bounds, points=11)
        *_, last = grid.fit(problem, 121)
        assert last.outcome.solved and last.outcome.score == problem.best_profit


@pytest.mark.parametrize("optimizer", [RandomSearch, GP])
def test_black_boxes_live_with_plans_that_fail(optimizer: type[RandomSearch]) -> None:
    problem = Constraints().problem(1)
    steps = list(optimizer.for_problem(problem, seed=0, llm=None).fit(problem, 12))
    assert any(step.outcome.error for step in steps)
    assert max(step.outcome.score or 0 for step in steps) > 0


def test_optoprime_is_told_the_limit_that_was_met() -> None:
    problem = Constraints().problem(0)
    problem.parameters[0].update(20)
    problem.parameters[1].update(20)
    optimizer = OptoPrime(problem.parameters, MockLLM())
    optimizer.backward(problem.oracle())
    shown = optimizer.problem_instance()
    assert "at most" in shown.sections["Feedback"]
    assert "exception_saw0 = saw(furniture=plan0)" in shown.sections["Code"]


def test_no_plan_at_all_is_better_than_the_optimum() -> None:
    """Black boxes have bounds; an LLM has none."""
    for seed in range(40):
        workshop = Constraints(most=8).problem(seed).workshop
        most = max(workshop.available)
        plans = [(a, b) for a in range(most + 1) for b in range(most + 1)]
        best = max(
            a * workshop.profit[0] + b * workshop.profit[1]
            for a, b in filter(workshop.allows, plans)
        )
        found = workshop.best
        assert workshop.allows(found) and all(0 < number < 8 for number in found)
        assert found[0] * workshop.profit[0] + found[1] * workshop.profit[1] == best
