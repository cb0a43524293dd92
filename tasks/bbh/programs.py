"""The workflow in DSPy's terms. Importing this needs the package dspy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from trace_core import UserError
from trace_core.llm import LLM

try:
    import dspy

    from trace_core.llm.dspy_lm import RunLM, failures_raised, shared_random_state_kept
except ImportError as error:
    raise UserError(
        f"bbh needs the package dspy ({error}): pip install 'trace-bench[bbh]'"
    ) from error

from . import feedback
from .example import Example, is_right
from .grading import Answered

SIGNATURE = "question -> answer"


def program(*, cot: bool) -> Any:
    """DSPy's own program, not optimized: it predicts the answer, with a chain of thought or not."""
    with shared_random_state_kept():
        return dspy.ChainOfThought(SIGNATURE) if cot else dspy.Predict(SIGNATURE)


def signature(*, cot: bool) -> Any:
    """What that program asks for."""
    return program(cot=cot).predictors()[0].signature


def lm(llm: LLM, max_tokens: int) -> RunLM:
    """The language model that it runs with."""
    return RunLM(llm, max_tokens=max_tokens, shared=True)


def as_dspy(examples: Sequence[Example]) -> list[Any]:
    """Examples as DSPy's optimizers take them."""
    made = [dspy.Example(question=e.question, answer=e.target) for e in examples]
    return [each.with_inputs("question") for each in made]


def judge(example: Any, prediction: Any) -> tuple[bool, str]:
    """Whether a prediction counts, and the feedback that traced workflows get too."""
    answer = getattr(prediction, "answer", None)
    is_good = isinstance(answer, str) and is_right(answer, example.answer)
    return is_good, feedback.right() if is_good else feedback.wrong(example.answer)


def answering(made: Any, lm: RunLM) -> Callable[[Example], Answered]:
    """A program as something that answers examples.

    A reply in which DSPy does not find the fields is the program's failure; what our LLM raises
    is not.
    """
    from dspy.utils.exceptions import AdapterParseError

    def answer(example: Example) -> Answered:
        with failures_raised(lm), dspy.context(lm=lm, disable_history=True):
            try:
                return Answered(str(made(question=example.question).answer))
            except AdapterParseError as error:
                return Answered(None, f"(AdapterParseError) {error}")

    return answer
