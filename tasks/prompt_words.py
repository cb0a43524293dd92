"""Task `prompt_words`: the prompt of an agent that obeys it to the letter (the paper's Example 3).

The agent is a program, so that the feedback can be computed and repeated exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Le

from trace_core import ExecutionError, UserError, bundle, node
from trace_core.opto import FEEDBACK, SCORE, Outcome, Problem, Task

STREAM = 0x3087
"""Sets the task's random stream apart from others that are seeded with the trial's number."""
PHRASES = "phrases"
"""Capability: `problem.phrases` says which phrases have an effect in each parameter, a text."""
CONTEXT = (
    "`prompt` tells an agent how to answer customers who ask for the items of an order. Find the "
    "prompt with which it answers as this customer wants it."
)
START = "List the items of the order."
LONGEST = 1000
"""Characters of a prompt."""
ORDER = (("tea", 4.0), ("Biscuits", 2.5), ("sample", 0.0), ("honey", 6.0))


@dataclass(frozen=True, slots=True)
class Style:
    """A phrase that the agent knows, and what a customer says of an answer.

    Attributes:
        missing: said by one who wants it, of an answer without it.
        unwanted: said by one who does not, of an answer with it.
    """

    phrase: str
    missing: str
    unwanted: str


STYLES = (
    Style(
        "sort by price",
        "The cheapest item should come first.",
        "The items should stay in the order in which I chose them.",
    ),
    Style(
        "skip what is free",
        "What costs nothing need not be listed.",
        "The sample that costs nothing is missing.",
    ),
    Style("show the prices", "What does each item cost?", "I know the prices: leave them out."),
    Style("number the lines", "The lines have no numbers.", "The lines should have no numbers."),
    Style("use capitals", "I can read capital letters only.", "Capital letters are like shouting."),
    Style("give the total", "What is the sum?", "I did not ask for the sum."),
    Style("say thank you", "A word of thanks would be kind.", "Spare me the thanks."),
    Style("write one line", "It should all be one line.", "Each item should have its own line."),
)


@bundle()
def read_prompt(prompt: object) -> list[str]:
    """What the agent understands of its prompt. It knows these phrases, in any case and order, and
    nothing else: sort by price, skip what is free, show the prices, number the lines, use capitals,
    give the total, say thank you, write one line."""  # noqa: D205, D209 an LLM reads it
    if not isinstance(prompt, str):
        raise TypeError(f"the prompt must be a text, not a {type(prompt).__name__}")
    if len(prompt) > LONGEST:
        raise ValueError(f"the prompt must have at most {LONGEST} characters, not {len(prompt)}")
    text = " ".join(prompt.lower().split())
    return [style.phrase for style in STYLES if style.phrase in text]


@bundle()
def answer(instructions: list[str], order: tuple[tuple[str, float], ...]) -> str:
    """The agent's answer: the items of the order, as the instructions say."""
    items = sorted(order, key=lambda item: item[1]) if "sort by price" in instructions else order
    items = [i for i in items if i[1] or "skip what is free" not in instructions]
    priced = "show the prices" in instructions
    lines = [f"{name}: {price:.2f}" if priced else name for name, price in items]
    if "give the total" in instructions:
        lines.append(f"total: {sum(price for _, price in items):.2f}")
    if "number the lines" in instructions:
        lines = [f"{k}. {line}" for k, line in enumerate(lines, start=1)]
    if "say thank you" in instructions:
        lines.append("Thank you for your order.")
    text = ("; " if "write one line" in instructions else "\n").join(lines)
    return text.upper() if "use capitals" in instructions else text


class PromptWordsProblem(Problem):
    """Find the prompt that makes an agent answer as a customer wants, one remark at a time.

    Args:
        wanted: the phrases that the customer's wishes amount to.
    """

    context = CONTEXT

    def __init__(self, wanted: frozenset[str]) -> None:
        self.parameters = (node(START, name="prompt", trainable=True),)
        self.phrases = {"prompt": tuple(style.phrase for style in STYLES)}
        self._wanted = wanted
        self._order = node(ORDER, name="order")

    def oracle(self) -> Outcome:
        """Let the agent answer; the customer remarks on one thing that is not as it should be."""
        try:
            understood: Any = read_prompt(self.parameters[0])
            reply: Any = answer(understood, self._order)
        except ExecutionError as error:
            return Outcome(error.exception_node, str(error.exception_node.data))
        wrong = [style for style in STYLES if self._is_wrong(style, understood.data)]
        remark = _remark(wrong[0], self._wanted) if wrong else "Just as I like it."
        return Outcome(reply, remark, float(len(wrong)), solved=not wrong)

    def _is_wrong(self, style: Style, understood: list[str]) -> bool:
        return (style.phrase in self._wanted) != (style.phrase in understood)


def _remark(style: Style, wanted: frozenset[str]) -> str:
    return style.missing if style.phrase in wanted else style.unwanted


class PromptWords(Task):
    """Optimize the prompt of a rule-following agent from a customer's remarks (Example 3).

    Args:
        wishes: how many phrases the customer's wishes amount to, of the 8 that the agent knows.
    """

    metric: ClassVar[str] = "things that are not as the customer wants them"
    worst_score: ClassVar[float | None] = float(len(STYLES))
    provides: ClassVar[frozenset[str]] = frozenset({FEEDBACK, SCORE, PHRASES})
    iterations: ClassVar[int] = 20
    cpu_bound: ClassVar[bool] = False

    def __init__(self, *, wishes: Annotated[int, Ge(1), Le(len(STYLES))] = 4) -> None:
        self.wishes = wishes

    def problem(self, seed: int) -> PromptWordsProblem:
        """Trial `seed`: its own customer.

        Raises:
            UserError: there is no such trial.
        """
        import numpy as np

        if seed < 0:
            raise UserError(f"seed={seed} is no trial: they are numbered from 0.")
        rng = np.random.default_rng((seed, STREAM))
        chosen = rng.choice(len(STYLES), size=self.wishes, replace=False)
        return PromptWordsProblem(frozenset(STYLES[k].phrase for k in chosen))

    def calibrate(self, problem: Problem, score: float) -> float:
        """0 = the prompt at the start, 1 = solved."""
        return 1 - score / self.wishes
