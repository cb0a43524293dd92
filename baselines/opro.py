"""OPRO (Yang et al., 2023): an LLM that sees past parameters and their feedback, and no trace."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from annotated_types import Ge

from trace_core import ParameterNode
from trace_core._labels import labels
from trace_core.llm import LLM, Message
from trace_core.optimizers import LLMOptimizer
from trace_core.optimizers._candidates import Untried, first_and_others, values_of
from trace_core.optimizers._context import latest, room_beside_reply
from trace_core.optimizers._variables import value_lines, variable_lines

SYSTEM = """\
You improve the values of some variables, step by step. You are told what the task is, which \
values were tried and what feedback each of them got, oldest first. Propose values that will get \
better feedback than all of these.

Keep the type of every variable, and keep to its constraint. New code is given as a list of its \
lines, each a text with its indentation; it defines the same function with the same arguments. \
Propose values that were not tried before, unless the feedback says that nothing is left to improve.

Answer with one JSON object and nothing else:
{"reasoning": what the feedback so far teaches, and what it asks for next,
 "answer": "",
 "suggestion": {the name of each variable: its new value}}
"""
GAP = "\n\n"
USER = """\
# Task
{task}

# Variables
{variables}

# Values tried, and their feedback
{pairs}
"""
PAIR = "{values}\nFeedback: {feedback}"
OBJECTIVE = "Find values of the variables that the feedback approves of."
REJECTED = """
# Not applied of your last proposal
{reasons}
"""


class OPRO(LLMOptimizer):
    """The prompt holds the task's context and past (parameters, feedback) pairs (§5.4).

    Every iteration evaluates one candidate, so what is one iteration of the published method with
    `candidates` samples is as many here: they are asked for with one prompt, in as many calls, and
    then tried one after the other. Equal samples are tried once; a temperature makes them differ.

    Args:
        parameters: what to optimize.
        llm: who proposes.
        memory_size: how many pairs the prompt shows, the current one among them; fewer where
            they would not fit into the LLM's context.
        candidates: samples of each prompt.
        settings: those of every `LLMOptimizer`.
    """

    version: ClassVar[int] = 6
    default_objective: ClassVar[str] = OBJECTIVE

    def __init__(
        self,
        parameters: Sequence[ParameterNode[Any]],
        llm: LLM | None = None,
        *,
        memory_size: Annotated[int, Ge(1)] = 50,
        candidates: Annotated[int, Ge(1)] = 1,
        **settings: Any,
    ) -> None:
        super().__init__(parameters, llm, **settings)
        self.candidates = candidates
        self.pairs: deque[str] = deque(maxlen=memory_size)
        self._variables = labels(self.parameters)
        self._untried: Untried = deque()

    def step(self) -> dict[str, Any]:
        """Move to the next candidate, or ask for new ones. Without feedback, nothing is asked."""
        if not self.outcomes:
            return self.note({"skipped": "no outcome since zero_feedback"})
        feedback = "\n".join(outcome.told for outcome in self.outcomes)
        self.pairs.append(PAIR.format(values=value_lines(self._variables), feedback=feedback))
        if self._untried:
            return self.note(self.try_next(self._untried, self._variables))
        messages = self.prompt()
        asked = [self.ask(messages, self._variables) for _ in range(self.candidates)]
        base = values_of(self._variables)
        (found, reply), self._untried = first_and_others(asked, base)
        entry = self.apply(found, self._variables, reply.finish_reason)
        return self.note({**entry, "untried": len(self._untried)})

    def prompt(self) -> tuple[Message, ...]:
        """The messages that ask for new values."""
        said = {"task": self.instruction, "variables": variable_lines(self._variables)}
        rejected = REJECTED.format(reasons=self.reasons) if self._rejected else ""
        rest = len(SYSTEM + USER.format(**said, pairs="") + rejected)
        pairs = latest(self.pairs, room_beside_reply(self.llm, self.max_tokens) - rest, GAP)
        text = USER.format(**said, pairs=GAP.join(pairs)) + rejected
        return Message("system", SYSTEM), Message("user", text)
