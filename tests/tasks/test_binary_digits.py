from statistics import fmean

import pytest

from trace_bench.baselines.blind_search import BlindSearch
from trace_bench.baselines.subgraph_search import SubgraphSearch
from trace_bench.tasks.binary_digits import BinaryDigits
from trace_core import GRAPH, MessageNode
from trace_core.llm import MockLLM
from trace_core.optimizers import Optimizer, OptoPrime
from trace_core.opto import Problem

from .contract import TaskContract
from .visible import visible


def hidden(problem: Problem) -> list[int]:
    return [check.function.__closure__[0].cell_contents for check in problem._checks]


class TestBinaryDigits(TaskContract):
    beyond = None

    @classmethod
    def task(cls) -> BinaryDigits:
        return BinaryDigits(k=8)

    def solve(self, problem: Problem) -> None:
        problem.parameters[0].update(hidden(problem))

    def sabotage(self, problem: Problem) -> None:
        problem.parameters[0].update([1, 0])


def updates(optimizer: type[Optimizer], k: int, seed: int) -> int:
    """How many are made until all checks succeed."""
    problem = BinaryDigits(k=k).problem(seed)
    chosen = optimizer.for_problem(problem, seed=seed, llm=None)
    *_, last = chosen.fit(problem, 2**k)
    assert last.outcome.solved
    return last.iteration


def test_with_the_subgraph_k_updates_are_enough() -> None:
    for k in range(1, 17):
        assert max(updates(SubgraphSearch, k, seed) for seed in range(20)) <= k


def test_without_it_half_of_all_numbers_are_to_be_expected() -> None:
    for k in range(1, 7):
        mean = fmean(updates(BlindSearch, k, seed) for seed in range(150))
        assert mean == pytest.approx(2 ** (k - 1), rel=0.2)


def test_the_blind_order_holds_every_number_once() -> None:
    problem = BinaryDigits(k=6).problem(0)
    search = BlindSearch(problem.parameters, seed=3)
    seen = set()
    for _ in range(2**6):
        search.backward(problem.oracle())
        search.step()
        seen.add(tuple(problem.parameters[0].data))
    assert len(seen) == 2**6


def test_the_feedback_is_the_same_whichever_check_failed() -> None:
    problem = BinaryDigits(k=3).problem(0)
    right = hidden(problem)
    said = set()
    for place in range(3):
        problem.parameters[0].update([d ^ (i == place) for i, d in enumerate(right)])
        said.add(problem.oracle().feedback)
    assert said == {"Check failed."}


def test_the_trace_ends_with_the_check_that_failed_and_hides_the_rest() -> None:
    problem = BinaryDigits(k=8).problem(1)
    right, order = hidden(problem), problem._order
    problem.parameters[0].update([d ^ (i == order[2]) for i, d in enumerate(right)])
    outcome, read = problem.oracle(), []
    node = outcome.output
    while isinstance(node, MessageNode):
        read.append(node.inputs["digit"].inputs["index"].data)
        node = node.inputs["before"]
    assert read == list(reversed(order[:3]))


def test_what_is_hidden_changes_nothing_that_is_shown_before_it_is_checked() -> None:
    texts = set()
    for last in (0, 1):
        GRAPH.clear()
        problem = BinaryDigits(k=8).problem(1)
        order, right = problem._order, hidden(problem)
        problem.parameters[0].update([1 - right[order[0]]] * 8)
        problem._checks[order[-1]] = BinaryDigits(k=1).problem(last)._checks[0]
        texts.add(visible(problem, problem.oracle()))
    assert len(texts) == 1


@pytest.mark.parametrize("value", ["0101", [0, 1, 2, 0], [0, 1, 1], [0.0] * 4, [True] * 4, None])
def test_what_is_no_number_of_that_length_is_feedback(value: object) -> None:
    problem = BinaryDigits(k=4).problem(0)
    problem.parameters[0].update(value)
    assert "a list of 4 digits, each 0 or 1" in problem.oracle().feedback
    entry = SubgraphSearch(problem.parameters)
    entry.backward(problem.oracle())
    assert "a list of 4 digits" in entry.step()["note"]
    assert problem.parameters[0].data == value


@pytest.mark.parametrize("optimizer", [SubgraphSearch, BlindSearch])
def test_without_an_outcome_the_exact_optimizers_stay(optimizer: type[Optimizer]) -> None:
    problem = BinaryDigits(k=4).problem(0)
    before = problem.parameters[0].data
    chosen = optimizer.for_problem(problem, seed=0, llm=None)
    assert chosen.step() == {}
    assert problem.parameters[0].data == before


def test_an_llm_sees_the_checks_and_may_answer() -> None:
    problem = BinaryDigits(k=2).problem(0)
    reply = {"suggestion": {"number0": hidden(problem)}}
    optimizer = OptoPrime(problem.parameters, MockLLM(replies=[str(reply).replace("'", '"')]))
    optimizer.backward(problem.oracle())
    assert "check0 = check(digit=getitem0, before=begun0)" in optimizer.problem_instance().text()
    optimizer.step()
    assert problem.is_solution()
