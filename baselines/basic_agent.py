"""The paper's Basic Agent (App. H.2): an LLM that remembers what it tried and what it was told."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from types import NoneType
from typing import Annotated, Any, ClassVar

from annotated_types import Ge

from trace_core import ParameterNode
from trace_core._labels import labels
from trace_core.llm import LLM, Message
from trace_core.optimizers import LLMOptimizer
from trace_core.optimizers._context import latest, room_beside_reply
from trace_core.optimizers._values import as_python, is_array, show
from trace_core.optimizers._variables import value_lines, variable_lines

SYSTEM = """\
{task}

You choose the values of these variables:
{variables}

After each choice you are told what came of it; then you choose again. New code is given as a list \
of its lines. Answer with one JSON object and nothing else:
{{"reasoning": why you choose as you do,
 "answer": "",
 "suggestion": {{the name of each variable: its value}}}}
"""
FIRST = "The values are\n{values}\n\n{feedback}"
NEXT = "{feedback}"
REJECTED = "Not applied: {reasons}\n\n"
OBJECTIVE = "Do what the feedback asks for."


class BasicAgent(LLMOptimizer):
    """A conversation: the feedback is the user's turn, the values are the agent's. No trace.

    Args:
        parameters: what to optimize.
        llm: who chooses.
        memory_size: how many past turns the conversation keeps; fewer where they would not fit
            into the LLM's context.
        settings: those of every `LLMOptimizer`.
    """

    version: ClassVar[int] = 4
    default_objective: ClassVar[str] = OBJECTIVE

    def __init__(
        self,
        parameters: Sequence[ParameterNode[Any]],
        llm: LLM | None = None,
        *,
        memory_size: Annotated[int, Ge(0)] = 50,
        **settings: Any,
    ) -> None:
        super().__init__(parameters, llm, **settings)
        self.turns: deque[tuple[str, str, str]] = deque(maxlen=memory_size)
        self._variables = labels(self.parameters)

    def step(self) -> dict[str, Any]:
        """Ask for the next values. Without feedback, nothing is asked."""
        if not self.outcomes:
            return self.note({"skipped": "no outcome since zero_feedback"})
        told = "\n".join(outcome.told for outcome in self.outcomes)
        if self._rejected:
            told = REJECTED.format(reasons=self.reasons) + told
        before = value_lines(self._variables)
        found, reply = self.ask(self.prompt(before, told), self._variables)
        entry = self.apply(found, self._variables, reply.finish_reason)
        self.turns.append((before, told, _said(found.values)))
        return self.note(entry)

    def prompt(self, values: str, told: str) -> tuple[Message, ...]:
        """The conversation up to what was told of the current values."""
        described = variable_lines(self._variables)
        messages = [Message("system", SYSTEM.format(task=self.instruction, variables=described))]
        turns = [*self.turns, (values, told, "")]
        room = room_beside_reply(self.llm, self.max_tokens) - len(messages[0].content)
        fitting = latest([FIRST + "".join(turn) for turn in turns], room)
        for place, (before, feedback, said) in enumerate(turns[-len(fitting) :]):
            form = NEXT if place else FIRST
            messages.append(Message("user", form.format(values=before, feedback=feedback)))
            if said:
                messages.append(Message("assistant", said))
        return tuple(messages)


def _said(values: dict[str, Any]) -> str:
    return json.dumps({"suggestion": {name: _as_json(value) for name, value in values.items()}})


def _as_json(value: Any) -> Any:
    """As the LLM would write it: what JSON has no form for is text, a Python literal if it can."""
    value = value.tolist() if is_array(value) else as_python(value)
    if isinstance(value, (list, tuple)):
        return [_as_json(each) for each in value]
    if isinstance(value, dict) and all(type(key) is str for key in value):
        return {key: _as_json(each) for key, each in value.items()}
    return value if isinstance(value, (NoneType, bool, int, float, str)) else show(value)
