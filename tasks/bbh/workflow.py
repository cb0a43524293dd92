"""What is learnt: a prompt's template, and the code before and after the LLM."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from trace_core import Module, Node, bundle, node
from trace_core.sandbox import on_host

TEMPLATE = (
    "The text that is sent to the LLM, with {question} where the question goes. It should say "
    "in which form the answer is wanted: an option such as (A), a number, Yes or No, or some words."
)
LONGEST_ANSWER = 10_000
"""Characters. Every answer is kept in the run's folder."""


class Workflow(Module):
    """From a question to an answer, through an LLM.

    The code sees its arguments and `self.call_llm`, and nothing else of the host's.
    """

    __sandbox_data__: ClassVar[tuple[str, ...]] = ()

    def __init__(self, template: str, ask: Callable[[Any], str]) -> None:
        self.template = node(
            template, name="template", trainable=True, description=TEMPLATE, constraint=TEMPLATE
        )
        self._ask = ask

    def __repr__(self) -> str:
        return "Workflow()"  # no address: what an LLM is shown must be the same in every process

    def forward(self, question: Node[str]) -> Any:
        """The answer."""
        prompt = self.create_prompt(self.template, question)
        response = self.call_llm(prompt)
        answer = self.extract_answer(self.template, question, response)
        return final_answer(answer)

    @bundle(trainable=True)
    def create_prompt(self, template, question):
        """Make the prompt for the LLM from the template and the question."""
        if "{question}" not in template:
            raise ValueError("the template has no {question}: the LLM would not see the question")
        return template.replace("{question}", question)

    @on_host
    @bundle()
    def call_llm(self, prompt):
        """Ask the LLM: a text in, a text out. Code of the workflow may do so too."""
        return self._ask(prompt)

    @bundle(trainable=True)
    def extract_answer(self, template, question, response):
        """Take the answer, and nothing else, out of the LLM's response."""
        return response.split("Answer:")[1].strip()


@bundle()
def final_answer(answer):
    """The workflow's answer, which must be a text."""
    if not isinstance(answer, str):
        raise TypeError(
            f"extract_answer must return the answer as a text (str), not a {type(answer).__name__}"
        )
    if len(answer) > LONGEST_ANSWER:
        raise ValueError(
            f"extract_answer returned {len(answer)} characters, and {LONGEST_ANSWER} are allowed"
        )
    return answer
