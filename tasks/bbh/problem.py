"""One BBH problem: examples of one subset, and a workflow that learns to answer them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from trace_core import ExecutionError, Node, node, stop_tracing
from trace_core._labels import labels
from trace_core.llm import stream
from trace_core.opto import DSPyProgram, Outcome, Problem

from . import feedback
from .asking import Asker
from .example import Example, Split
from .grading import Answered, Graded, graded, percent
from .template import template_of
from .workflow import Workflow

METRIC = "test_accuracy"
CONTEXT = (
    "The workflow answers questions of one kind. `create_prompt` makes a prompt from the template "
    "and the question, an LLM responds to it, and `extract_answer` takes the answer out of the "
    "response. An answer counts if it is written exactly as expected: an option such as (A), where "
    "the question has options, or a number, a word or some words. The code may also ask the LLM "
    "itself, with self.call_llm(prompt). Improve the template and the code, so that the answers to "
    "any questions of this kind count."
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The workflow's parameters as they were in some iteration.

    Attributes:
        accuracy: right answers to the validation examples, in percent.
    """

    values: tuple[Any, ...]
    accuracy: float
    iteration: int


class BBHProblem(Problem):
    """Learn a workflow from one example an iteration (§5.3, App. H.4).

    An iteration ends with `evaluate`. After a right answer the validation examples decide whether
    the workflow becomes the best one that is known; after a failure it is set back to that. The
    last iteration, and without a budget every one, tests the best workflow.

    Args:
        split: the examples.
        cot: whether the first template asks for a chain of thought.
        connections: examples that are answered at the same time.
        max_tokens: length of a reply to the workflow.
    """

    context = CONTEXT
    lower_is_better = False

    def __init__(self, split: Split, *, cot: bool, connections: int, max_tokens: int) -> None:
        from . import programs

        self.split, self._cot, self._connections = split, cot, connections
        self._max_tokens = max_tokens
        template = template_of(programs.signature(cot=cot))
        self.workflow = Workflow(template, lambda prompt: self._asker.ask(prompt))
        self.parameters = self.workflow.parameters()
        self._iteration = 0
        self._latest: Graded | None = None
        self._best: Checkpoint | None = None
        self._validated: dict[tuple[Any, ...], float] = {}
        self._records: list[Graded] = []

    def oracle(self) -> Outcome:
        """Answer this iteration's training example; after the last one the first comes again."""
        example = self.split.train[self._iteration % len(self.split.train)]
        with stream(f"train/{example.index:04}"):
            output, answered = self._run(example)
        self._latest = Graded.of("train", example, answered)
        if answered.error is not None:
            return Outcome(output, feedback.failed(answered.error, self._tried()))
        if self._latest.right:
            return Outcome(output, feedback.right(), keep=True)
        return Outcome(output, f"{feedback.wrong(example.target)} {feedback.PLEA}")

    def evaluate(self) -> dict[str, float]:
        """End the iteration: choose the best workflow, and test it if this is the last one.

        Returns:
            validation_accuracy and best_iteration of the best workflow that is known; in the last
            iteration also `METRIC`, test_right, test_examples, test_failed (the workflow had no
            answer) and test_empty_replies (of the LLM).
        """
        latest = self._latest
        if latest is not None:
            self._records.append(latest)
        best = self._chosen(is_right=latest is not None and latest.right)
        found = {"validation_accuracy": best.accuracy, "best_iteration": float(best.iteration)}
        as_it_was = self._values()
        if self.budget is None or self._iteration >= self.budget:
            self._set(best.values)
            found |= self._tested(self._answer)
        if latest is not None and latest.error is not None:
            self._set(best.values)
        elif self.budget is None:  # nobody said that this is the end
            self._set(as_it_was)
        self._iteration += 1
        return found

    def take_examples(self) -> list[dict[str, Any]]:
        """The record of every example that was answered since the last call."""
        taken, self._records = self._records, []
        return [each.as_json() for each in taken]

    def dspy(self) -> DSPyProgram:
        """DSPy's own program. It learns from the validation examples too, as in the paper."""
        from . import programs

        lm = programs.lm(self._asker, self._max_tokens)
        return DSPyProgram(
            program=programs.program(cot=self._cot),
            lm=lm,
            examples=programs.as_dspy([*self.split.train, *self.split.validation]),
            judge=programs.judge,
            test=lambda program: self._tested(programs.answering(program, lm)),
            threads=self._connections,
        )

    @cached_property
    def _asker(self) -> Asker:
        return Asker(self.llm, self._max_tokens)

    def _chosen(self, *, is_right: bool) -> Checkpoint:
        """The best workflow: after a right answer perhaps the one as it is."""
        if self._best is None or is_right:
            values = self._values()
            if values not in self._validated:
                self._validated[values] = percent(self._graded("validation", self._answer))
            accuracy = self._validated[values]
            if self._best is None or accuracy > self._best.accuracy:
                self._best = Checkpoint(values, accuracy, self._iteration)
        return self._best

    def _tried(self) -> dict[str, str]:
        """What will be set back: the values that are not those of the best workflow."""
        if self._best is None:
            return {}
        named = zip(labels(self.parameters).items(), self._best.values, strict=True)
        return {name: str(p.data) for (name, p), best in named if p.data != best}

    def _values(self) -> tuple[Any, ...]:
        return tuple(parameter.data for parameter in self.parameters)

    def _set(self, values: Sequence[Any]) -> None:
        for parameter, value in zip(self.parameters, values, strict=True):
            parameter.update(value)

    def _tested(self, answer: Callable[[Example], Answered]) -> dict[str, float]:
        empty = self._asker.empty
        found = self._graded("test", answer)
        return {
            METRIC: percent(found),
            "test_right": float(sum(each.right for each in found)),
            "test_examples": float(len(found)),
            "test_failed": float(sum(each.answer is None for each in found)),
            "test_empty_replies": float(self._asker.empty - empty),
        }

    def _graded(self, part: str, answer: Callable[[Example], Answered]) -> list[Graded]:
        with stop_tracing():
            found = graded(part, getattr(self.split, part), answer, self._connections)
        self._records += found
        return found

    def _answer(self, example: Example) -> Answered:
        return self._run(example)[1]

    def _run(self, example: Example) -> tuple[Node[Any], Answered]:
        try:
            answer = self.workflow(node(example.question, name="question"))
        except ExecutionError as error:
            return error.exception_node, Answered(None, str(error.exception_node.data))
        return answer, Answered(answer.data)
