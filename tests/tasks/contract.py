"""What every task promises: its test class inherits `TaskContract`."""

import math
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fresh_process import in_fresh_process
from tests.random_state import random_state_untouched
from trace_core import ExceptionNode, Node, ParameterNode, UserError
from trace_core._binding import CODE
from trace_core._labels import label
from trace_core.opto import BOUNDS, CAPABILITIES, FEEDBACK, GRADIENT, SCORE, Outcome, Problem, Task

from .visible import visible


class TaskContract:
    """Inherit and supply `task`, `solve`, `sabotage`, and where they differ `seeds` and `beyond`.

    class TestNumerical(TaskContract):
        @classmethod
        def task(cls): return Numerical(seeds=[0, 2, 7])
    """

    seeds: tuple[int, ...] = (0, 1, 2)
    """Trials that the tests look at."""
    beyond: int | None = 30
    """The first index after the frozen list; None if there is no list."""

    @classmethod
    def task(cls) -> Task:
        """A task as the published configuration makes it, or a smaller one."""
        raise NotImplementedError

    def solve(self, problem: Problem) -> None:
        """Give the parameters the problem's known solution. Skip if none is known."""
        pytest.skip("no solution is known")

    def sabotage(self, problem: Problem) -> None:
        """Give the parameters values on which the workflow fails."""
        raise NotImplementedError

    @classmethod
    def snapshot(cls, seed: int) -> str:
        """One trial at its start, as text."""
        problem = cls.task().problem(seed)
        outcome = problem.oracle()
        figures = [outcome.score, outcome.output_grad, outcome.solved, problem.evaluate()]
        return visible(problem, outcome) + repr(figures)

    @pytest.fixture(params=range(3))
    def problem(self, request: pytest.FixtureRequest) -> Iterator[Problem]:
        if request.param >= len(self.seeds):
            pytest.skip("fewer seeds than that")
        yield self.task().problem(self.seeds[request.param])

    # Seeds

    def test_same_seed_same_problem(self) -> None:
        for seed in self.seeds:
            assert self.snapshot(seed) == self.snapshot(seed)

    def test_same_seed_same_problem_in_another_process(self) -> None:
        for seed in self.seeds[:2]:
            assert in_fresh_process(self.snapshot, seed) == self.snapshot(seed)

    def test_seeds_differ(self) -> None:
        assert len({self.snapshot(seed) for seed in self.seeds}) == len(self.seeds)

    def test_global_random_state_is_left_alone(self) -> None:
        with random_state_untouched():
            for seed in self.seeds:
                self.snapshot(seed)

    def test_an_index_beyond_the_list_is_a_user_error(self) -> None:
        for seed in (-1, self.beyond):
            if seed is not None:
                with pytest.raises(UserError) as caught:
                    self.task().problem(seed)
                assert "\n" not in str(caught.value)
        assert self.task().trials in (None, self.beyond)  # known before a sweep begins

    def test_problems_share_no_state(self) -> None:
        task, seed = self.task(), self.seeds[0]
        one, other = task.problem(seed), task.problem(seed)
        assert not {id(p) for p in one.parameters} & {id(p) for p in other.parameters}
        self.sabotage(one)
        one.oracle()
        fresh = task.problem(seed)
        assert visible(other, other.oracle()) == visible(fresh, fresh.oracle())

    # The oracle

    def test_parameters_are_trainable_roots_with_names_of_their_own(self, problem: Problem) -> None:
        assert all(isinstance(p, ParameterNode) and p.is_root for p in problem.parameters)
        names = [label(p) for p in problem.parameters]
        assert names and len(set(names)) == len(names)

    def test_the_oracle_returns_an_outcome_about_a_node(self, problem: Problem) -> None:
        outcome = problem.oracle()
        assert isinstance(outcome, Outcome) and isinstance(outcome.output, Node)
        assert outcome.feedback and not outcome.solved

    def test_asking_again_gives_the_same_answer(self, problem: Problem) -> None:
        assert visible(problem, problem.oracle()) == visible(problem, problem.oracle())

    def test_the_output_depends_on_every_parameter_or_says_nothing_of_it(
        self, problem: Problem
    ) -> None:
        ancestors, stack = set(), [problem.oracle().output]
        while stack:
            node = stack.pop()
            if id(node) not in ancestors:
                ancestors.add(id(node))
                stack.extend(node.parents)
        assert any(id(p) in ancestors for p in problem.parameters)

    def test_a_failing_proposal_is_an_outcome(self, problem: Problem) -> None:
        self.sabotage(problem)
        outcome = problem.oracle()
        assert isinstance(outcome.output, ExceptionNode)
        assert outcome.error and outcome.error in outcome.feedback
        assert not outcome.solved

    def test_the_problem_survives_a_failing_proposal(self, problem: Problem) -> None:
        values = [p.data for p in problem.parameters]
        before = visible(problem, problem.oracle())
        self.sabotage(problem)
        problem.oracle()
        for parameter, value in zip(problem.parameters, values, strict=True):
            parameter.update(value)
        assert visible(problem, problem.oracle()) == before

    def test_the_known_solution_solves(self, problem: Problem) -> None:
        self.solve(problem)
        outcome = problem.oracle()
        assert outcome.solved
        assert problem.is_solution(outcome) and problem.is_solution()
        assert outcome.score is not None
        assert self.task().calibrate(problem, outcome.score) == pytest.approx(1)

    def test_the_start_and_a_failure_are_no_solutions(self, problem: Problem) -> None:
        assert not problem.is_solution()
        self.sabotage(problem)
        assert not problem.is_solution(problem.oracle())

    # What it says about itself

    def test_it_declares_what_it_measures(self) -> None:
        task = self.task()
        assert task.metric and task.version >= 1 and task.iterations >= 1
        assert FEEDBACK in task.provides

    def test_code_that_optimizers_write_has_a_sandbox(self, problem: Problem) -> None:
        assert any(p.base_name == CODE for p in problem.parameters) <= self.task().runs_code

    def test_its_problems_agree_on_which_scores_are_good(self, problem: Problem) -> None:
        assert problem.lower_is_better == self.task().lower_is_better

    def test_it_offers_the_policies_that_it_declares(self, problem: Problem) -> None:
        words = [word.partition(":") for word in self.task().provides]
        for name in [name for kind, _, name in words if kind == "policy"]:
            fixed = problem.under_policy(name)
            assert fixed.oracle().feedback and set(fixed.evaluate()) == set(problem.evaluate())
        with pytest.raises(NotImplementedError):
            problem.under_policy("no such policy")

    def test_it_provides_what_it_declares_and_no_more(self, problem: Problem) -> None:
        provides, outcome = self.task().provides, problem.oracle()
        has: dict[str, Any] = {
            SCORE: outcome.score is not None,
            BOUNDS: set(problem.bounds) == {p.base_name for p in problem.parameters},
            GRADIENT: outcome.output_grad is not None,
            FEEDBACK: bool(outcome.feedback),
        }
        assert {word for word in CAPABILITIES if has[word]} == provides & set(CAPABILITIES)

    def test_the_start_is_within_bounds(self, problem: Problem) -> None:
        for parameter in problem.parameters if problem.bounds else ():
            interval = problem.bounds[parameter.base_name]
            assert interval.low <= parameter.data <= interval.high
            assert not interval.integer or isinstance(parameter.data, int)

    def test_scores_are_finite_and_calibrate_in_their_own_direction(self, problem: Problem) -> None:
        task, score = self.task(), problem.oracle().score
        if score is None:
            pytest.skip("the task has no score")
        assert math.isfinite(score)
        worse = score + 1 if task.lower_is_better else score - 1
        assert task.calibrate(problem, worse) < task.calibrate(problem, score) < 1
