import pytest

from trace_bench.baselines.phrase_search import PhraseSearch
from trace_bench.tasks.prompt_words import ORDER, STYLES, PromptWords, answer, read_prompt
from trace_core.llm import MockLLM
from trace_core.optimizers import OptoPrime
from trace_core.opto import Problem

from .contract import TaskContract
from .visible import visible


class TestPromptWords(TaskContract):
    beyond = None

    @classmethod
    def task(cls) -> PromptWords:
        return PromptWords()

    def solve(self, problem: Problem) -> None:
        problem.parameters[0].update("Please " + " and ".join(sorted(problem._wanted)))

    def sabotage(self, problem: Problem) -> None:
        problem.parameters[0].update("words " * 1000)

    @classmethod
    def snapshot(cls, seed: int) -> str:
        """The first remark of two customers may be the same."""
        return repr(sorted(cls.task().problem(seed)._wanted))


def test_the_agent_obeys_every_phrase_and_nothing_else() -> None:
    plain = answer([], ORDER).data
    assert plain == "tea\nBiscuits\nsample\nhoney"
    answers = {style.phrase: answer([style.phrase], ORDER).data for style in STYLES}
    assert len({plain, *answers.values()}) == len(STYLES) + 1
    assert answers["sort by price"].splitlines()[0] == "sample"
    everything = answer(list(answers), ORDER).data
    assert everything == (
        "1. BISCUITS: 2.50; 2. TEA: 4.00; 3. HONEY: 6.00; 4. TOTAL: 12.50; "
        "THANK YOU FOR YOUR ORDER."
    )
    assert read_prompt("Be kind.\n  SAY  thank\nyou, and skip what is free!").data == [
        "skip what is free",
        "say thank you",
    ]


def test_the_manual_of_the_agent_is_complete_and_in_the_trace() -> None:
    problem = PromptWords().problem(0)
    optimizer = OptoPrime(problem.parameters, MockLLM())
    optimizer.backward(problem.oracle())
    documentation = optimizer.problem_instance().sections["Documentation"]
    assert all(style.phrase in documentation.replace("\n", " ") for style in STYLES)


def test_remarks_speak_of_what_is_wrong_only() -> None:
    problem = PromptWords(wishes=1).problem(0)
    (wanted,) = problem._wanted
    style = next(style for style in STYLES if style.phrase == wanted)
    assert problem.oracle().feedback == style.missing
    other = next(style for style in STYLES if style.phrase != wanted)
    problem.parameters[0].update(f"{wanted}, {other.phrase}")
    outcome = problem.oracle()
    assert (outcome.feedback, outcome.score) == (other.unwanted, 1.0)


def test_wishes_that_were_not_remarked_on_are_nowhere_to_be_seen() -> None:
    texts = set()
    for seed in range(40):
        problem = PromptWords().problem(seed)
        if min(k for k, s in enumerate(STYLES) if s.phrase in problem._wanted) == 0:
            texts.add(visible(problem, problem.oracle()))
    assert len(texts) == 1


@pytest.mark.parametrize("prompt", [None, 3, ["sort by price"]])
def test_a_prompt_that_is_no_text_is_feedback(prompt: object) -> None:
    problem = PromptWords().problem(0)
    problem.parameters[0].update(prompt)
    assert "must be a text" in problem.oracle().feedback


def test_the_reference_optimizer_reaches_the_optimum() -> None:
    task = PromptWords()
    for seed in range(5):
        problem = task.problem(seed)
        *_, last = PhraseSearch.for_problem(problem, seed=seed).fit(problem, task.iterations)
        assert last.outcome.solved
