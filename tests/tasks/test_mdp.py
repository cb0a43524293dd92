from itertools import product

import pytest

from trace_bench.baselines.policy_iteration import PolicyIteration
from trace_bench.baselines.q_learning import QLearning
from trace_bench.tasks.mdp import MDP
from trace_bench.tasks.mdp.world import ACTIONS, World
from trace_core import MessageNode, UserError
from trace_core.opto import Problem

from .contract import TaskContract


class TestMDP(TaskContract):
    beyond = None

    @classmethod
    def task(cls) -> MDP:
        return MDP()

    def solve(self, problem: Problem) -> None:
        best = [ACTIONS[action] for action in problem.world.optimal_policy]
        problem.parameters[0].update(best)

    def sabotage(self, problem: Problem) -> None:
        problem.parameters[0].update(["fly"] * 16)

    @classmethod
    def snapshot(cls, seed: int) -> str:
        """Under a policy that walks: going up from the first square looks alike on all boards."""
        problem = cls.task().problem(seed)
        problem.parameters[0].update(["right", "down"] * 8)
        return repr(sorted(problem.world.walls)) + repr(problem.oracle().score)


class TestSlippery(TestMDP):
    @classmethod
    def task(cls) -> MDP:
        return MDP(slip=0.3)


def test_the_optimum_is_the_best_of_all_policies() -> None:
    for slip in (0.0, 0.3):
        world = World(2, frozenset(), slip, 0.95)
        values = [world.value([*policy, 0]) for policy in product(range(4), repeat=3)]
        assert world.value(world.optimal_policy) == pytest.approx(max(values))


def test_without_slips_the_optimum_is_the_shortest_way() -> None:
    world = World(4, frozenset(), 0.0, 0.95)
    assert world.value(world.optimal_policy) == pytest.approx(-sum(0.95**t for t in range(6)))


def test_the_trace_is_the_trajectory() -> None:
    problem = MDP(walls=0).problem(0)
    problem.parameters[0].update(["right"] * 3 + ["down"] * 13)
    outcome, squares = problem.oracle(), []
    node = outcome.output
    while isinstance(node, MessageNode):
        squares.append(node.data["square"])
        node = node.inputs["observation"]
    assert squares == [15, 11, 7, 3, 2, 1]
    assert outcome.feedback == "The goal was reached after 6 moves."
    assert outcome.solved


def test_the_reference_policy_is_the_optimum() -> None:
    problem = MDP(slip=0.3).problem(0)
    (step,) = PolicyIteration.for_problem(problem, seed=0, llm=None).fit(problem, 5)
    assert step.outcome.solved


def test_the_reference_optimizer_learns_the_optimum_from_traces() -> None:
    task = MDP()
    for seed in range(5):
        problem = task.problem(seed)
        *_, last = QLearning.for_problem(problem, seed=0, llm=None).fit(problem, task.iterations)
        assert last.outcome.solved


def test_q_learning_survives_a_failure_and_stays_without_an_outcome() -> None:
    problem = MDP().problem(0)
    start = problem.parameters[0].data
    learner = QLearning.for_problem(problem, seed=0, llm=None)
    assert learner.step() == {"moves": 0}
    assert problem.parameters[0].data == start
    problem.parameters[0].update(["fly"] * 16)
    learner.backward(problem.oracle())
    assert learner.step() == {"moves": 0}


@pytest.mark.parametrize("policy", ["up", ["up"] * 0, [["up"]] * 16, None])
def test_what_is_no_policy_is_feedback(policy: object) -> None:
    problem = MDP().problem(0)
    problem.parameters[0].update(policy)
    assert problem.oracle().error


def test_a_short_policy_that_reaches_the_goal_has_a_score_all_the_same() -> None:
    problem = MDP(walls=0).problem(0)
    problem.parameters[0].update(["right"] * 3 + ["down"] * 9)
    assert problem.oracle().solved


def test_walls_that_leave_no_way_are_refused() -> None:
    with pytest.raises(ValueError, match="no way"):
        MDP(size=3, walls=5)


def test_a_board_that_is_hardly_ever_passable_is_refused_instead_of_drawn_for_ever() -> None:
    with pytest.raises(UserError, match="task.walls=25 none had a way to the goal: take fewer"):
        MDP(size=6, walls=25).problem(0)
