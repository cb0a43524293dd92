from itertools import combinations

import pytest

from trace_bench.baselines.phrase_search import PhraseSearch
from trace_bench.tasks import agents
from trace_bench.tasks.agents import KINDS, Agents, sufficient
from trace_core import UserError
from trace_core.opto import Problem

from .contract import TaskContract


def told(problem: Problem, tell: tuple[str, ...], mind: tuple[str, ...]) -> Problem:
    guide, seeker = problem.parameters
    guide.update(", ".join(f"tell the {kind}" for kind in tell))
    seeker.update(", ".join(f"mind the {kind}" for kind in mind))
    return problem


class TestAgents(TaskContract):
    beyond = None

    @classmethod
    def task(cls) -> Agents:
        return Agents()

    def solve(self, problem: Problem) -> None:
        (pair,) = sufficient(problem._rounds)
        told(problem, pair, pair)

    def sabotage(self, problem: Problem) -> None:
        told(problem, tuple(KINDS), ())


def test_one_pair_of_words_and_no_other_makes_all_rounds_right() -> None:
    for seed in range(5):
        problem = Agents().problem(seed)
        solving = [
            pair
            for pair in combinations(KINDS, 2)
            if told(problem, pair, tuple(KINDS)).oracle().solved
        ]
        assert solving == sufficient(problem._rounds)
        assert len(solving) == 1


def test_both_prompts_are_needed() -> None:
    problem = Agents().problem(0)
    (pair,) = sufficient(problem._rounds)
    assert not told(problem, pair, ()).oracle().solved
    assert not told(problem, (), pair).oracle().solved
    assert told(problem, pair, tuple(KINDS)).oracle().solved, "what was not said cannot mislead"


def test_the_first_round_that_went_wrong_is_told() -> None:
    outcome = Agents().problem(0).oracle()
    assert f"{outcome.score:.0f} of 8 rounds went wrong. In round " in outcome.feedback
    assert "instead of the" in outcome.feedback


def test_too_many_words_are_feedback() -> None:
    problem = told(Agents().problem(0), ("colour", "size", "shape"), ())
    outcome = problem.oracle()
    assert "may say 2 words" in outcome.feedback and outcome.score is None


@pytest.mark.parametrize("agent", [0, 1])
def test_a_prompt_that_is_no_text_is_feedback(agent: int) -> None:
    problem = Agents().problem(0)
    problem.parameters[agent].update(7)
    assert "must be a text" in problem.oracle().feedback


def test_the_reference_optimizer_reaches_the_optimum() -> None:
    for seed in range(3):
        problem = Agents().problem(seed)
        *_, last = PhraseSearch.for_problem(problem, seed=seed).fit(problem, 500)
        assert last.outcome.solved


def test_without_an_outcome_the_search_stays() -> None:
    problem = Agents().problem(0)
    before = [p.data for p in problem.parameters]
    search = PhraseSearch.for_problem(problem, seed=0)
    assert search.step() == {}
    assert [p.data for p in problem.parameters] == before


def test_the_search_is_its_seeds_alone() -> None:
    def visited(seed: int) -> list[str]:
        problem = Agents().problem(0)
        steps = PhraseSearch.for_problem(problem, seed=seed).fit(problem, 15)
        return [repr(step.parameters) for step in steps]

    assert visited(1) == visited(1) != visited(2)


def test_games_that_are_hardly_ever_told_are_refused_instead_of_drawn_for_ever(monkeypatch) -> None:
    monkeypatch.setattr(agents, "MOST_DRAWS", 20)
    with pytest.raises(UserError, match="task.rounds=50 rounds none .* take fewer rounds"):
        Agents(rounds=50).problem(0)


def test_the_worst_score_is_that_of_a_game() -> None:
    assert Agents(rounds=5).worst_score == 5
