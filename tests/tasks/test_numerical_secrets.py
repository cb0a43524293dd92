"""Non-interference: another x* that earns the same feedback changes nothing an optimizer sees."""

import gc
import json
from collections.abc import Callable, Sequence
from functools import partial
from types import FunctionType, ModuleType
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from trace_bench.tasks.numerical.problem import NumericalProblem
from trace_bench.tasks.numerical.trial import Trial
from trace_core import GRAPH
from trace_core.llm import MockLLM, Reply, Request
from trace_core.optimizers import Optimizer, OptoPrime

from .test_numerical import published
from .visible import visible

View = Callable[[Callable[[], NumericalProblem], Sequence[float]], str]
"""(makes a problem, values of x) -> all that is seen of it while x takes these values."""


def trace_and_texts(make: Callable[[], NumericalProblem], visited: Sequence[float]) -> str:
    problem = make()
    parts = []
    for x in visited:
        problem.parameters[0].update(x)
        parts.append(visible(problem, problem.oracle()))
    return "\n".join(parts)


def prompts(optimizer: type[Optimizer], **settings: Any) -> View:
    """All requests that an LLM optimizer makes, its memory included."""

    def view(make: Callable[[], NumericalProblem], visited: Sequence[float]) -> str:
        GRAPH.clear()  # node names count from 0 again
        problem, llm = make(), Listener()
        subject = optimizer.for_problem(problem, seed=0, llm=llm, **settings)
        for x in visited:
            problem.parameters[0].update(x)
            subject.zero_feedback()
            subject.backward(problem.oracle())
            subject.step()
        assert len(llm.requests) >= len(visited)
        return "\n".join(llm.requests)

    return view


class Listener(MockLLM):
    """Writes down what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[str] = []

    def complete(self, request: Request) -> Reply:
        self.requests.append(json.dumps(request.as_json()))
        return super().complete(request)


VIEWS: dict[str, View] = {
    "trace and texts": trace_and_texts,
    "OptoPrime": prompts(OptoPrime, memory_size=3),
}
"""What optimizers look at. Another LLM optimizer adds `prompts(ItsClass)`."""


def problem(seed: int, logic: bool, solution: float) -> NumericalProblem:
    family = published(logic=logic, seeds=None).family
    trial = Trial(family.trial(seed).graph, solution)
    return NumericalProblem(trial, start=family.start, tolerance=family.tolerance)


def signal(problem: NumericalProblem, x: float) -> object:
    """All that the feedback at x may tell of the target."""
    problem.parameters[0].update(x)
    outcome = problem.oracle()
    return outcome.error, outcome.solved, None if outcome.solved else outcome.output_grad


SOLUTIONS = st.one_of(st.sampled_from([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0]), st.floats(-10, 10))


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
@given(
    seed=st.integers(0, 10_000),
    logic=st.booleans(),
    solution=SOLUTIONS,
    other=SOLUTIONS,
    candidates=st.lists(st.floats(-10, 10), min_size=1, max_size=6),
)
def test_the_hidden_solution_shows_in_the_feedback_only(
    view: View, seed: int, logic: bool, solution: float, other: float, candidates: list[float]
) -> None:
    makers = [partial(problem, seed, logic, hidden) for hidden in (solution, other)]
    one, two = (make() for make in makers)
    visited = [x for x in candidates if signal(one, x) == signal(two, x)]
    assume(solution != other and visited)
    first, second = (view(make, visited) for make in makers)
    assert first == second


def test_the_property_can_fail() -> None:
    makers = [partial(problem, 0, False, hidden) for hidden in (-3.0, 3.0)]
    one, two = (make() for make in makers)
    differing = [x / 4 for x in range(-16, 17) if signal(one, x / 4) != signal(two, x / 4)]
    assert differing
    first, second = (trace_and_texts(make, differing) for make in makers)
    assert first != second


def test_no_reference_leads_from_a_node_to_the_problem() -> None:
    subject = published().problem(0)
    outcome = subject.oracle()
    seen: dict[int, object] = {}
    stack: list[object] = [outcome, *subject.parameters, subject.bounds]
    while stack:
        item = stack.pop()
        if id(item) in seen or isinstance(item, type | FunctionType | ModuleType):
            continue
        seen[id(item)] = item
        stack.extend(gc.get_referents(item))
    assert not [x for x in seen.values() if isinstance(x, NumericalProblem | Trial)]
