"""What an optimizer's LLM is told holds no question or answer that it is not to know."""

import json

import pytest

from trace_bench.baselines.copro import COPRO
from trace_bench.baselines.gepa import GEPA
from trace_bench.baselines.mipro import MIPRO
from trace_bench.baselines.opro import OPRO
from trace_bench.tasks.bbh.example import Example
from trace_core.llm import MockLLM, Recorder, Reply, Request, Usage
from trace_core.optimizers import OptoPrime

from .bbh_answers import Answering, truth
from .test_bbh import small

TRACED = (OptoPrime, OPRO)
DSPY = (COPRO, MIPRO, GEPA)


class Everything(MockLLM):
    """Answers the workflow wrongly and optimizers at random; knows what each was asked."""

    def __init__(self, workflow: Answering) -> None:
        super().__init__()
        self.workflow = workflow
        self.optimizers: list[str] = []

    def complete(self, request: Request) -> Reply:
        if request.stream:  # examples have one each, the optimizer has none
            return self.workflow.complete(request)
        self.optimizers.append(json.dumps(request.as_json(), ensure_ascii=False))
        if request.schema is None and "[[ ## completed" in request.messages[-1].content:
            return Reply("no fields here", Usage(1, 1, 0.0))
        return super().complete(request)


def prompts(optimizer, **settings):
    """The prompts of the optimizer's LLM, one list for each iteration, and the problem's split."""
    problem = small(subset="generated/word_sorting", examples=26).problem(0)
    split = problem.split
    wrong = dict.fromkeys(truth(split.train, split.validation, split.test), "something else")
    everything = Everything(Answering(wrong))
    recorder = problem.llm = Recorder(everything)
    problem.budget = 3
    found, seen = [], 0
    for _ in optimizer.for_problem(problem, seed=0, llm=recorder, **settings).fit(problem, 3):
        found.append(everything.optimizers[seen:])
        seen = len(everything.optimizers)
    return found, split


def told(texts: list[str], examples: tuple[Example, ...]) -> list[int]:
    """Which of these examples the texts speak of."""
    whole = "\n".join(texts)
    words = [(e.index, e.question, e.target) for e in examples]
    return [i for i, question, target in words if question in whole or target in whole]


@pytest.mark.parametrize("optimizer", TRACED)
def test_a_traced_workflows_optimizer_is_told_of_the_examples_it_has_seen(optimizer):
    found, split = prompts(optimizer)
    assert [len(texts) for texts in found] == [1, 1, 1, 0]
    for iteration, texts in enumerate(found):
        assert set(told(texts, split.train)) <= set(range(iteration + 1))
        assert not told(texts, split.validation) and not told(texts, split.test)
    assert told(found[0], split.train[:1]) == [0], "the feedback says what was expected"


@pytest.mark.parametrize("optimizer", DSPY)
def test_dspys_optimizers_are_told_of_training_examples_only(optimizer):
    found, split = prompts(optimizer)
    texts = [text for iteration in found for text in iteration]
    assert texts
    assert not told(texts, split.test)
