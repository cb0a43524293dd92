"""OPRO (Yang et al., 2023): an LLM that sees past parameters and their feedback, and no trace."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Self

from annotated_types import Ge

from trace_core import ParameterNode
from trace_core._labels import labels
from trace_core.llm import LLM, Message, OpenAIClient, Request
from trace_core.optimizers import Optimizer
from trace_core.optimizers._suggestion import Suggestion, parse, schema
from trace_core.opto import Problem

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
USER = """\
# Task
{task}

# Variables
{variables}

# Values tried, and their feedback
{pairs}
"""
VARIABLE = "{name} ({type}){constraint}"
CONSTRAINT = ": {constraint}"
PAIR = "{values}\nFeedback: {feedback}"
OBJECTIVE = "Find values of the variables that the feedback approves of."
REJECTED = """
# Not applied of your last proposal
{reasons}
"""


class OPRO(Optimizer):
    """One LLM call an iteration; one candidate, which the next iteration evaluates (§5.4).

    The prompt holds the task's context, the last (parameters, feedback) pairs in the order in
    which they were tried, and nothing of the execution trace.

    Args:
        parameters: what to optimize.
        llm: who proposes; by default the OpenAI client with the environment's key.
        context: what is known of the problem and the same in every iteration.
        objective: what to do, in words; None: follow the feedback.
        memory_size: how many pairs the prompt shows, the current one among them.
        max_tokens: length of a reply.
    """

    uses_llm: ClassVar[bool] = True
    version: ClassVar[int] = 2

    def __init__(
        self,
        parameters: Sequence[ParameterNode[Any]],
        llm: LLM | None = None,
        *,
        context: str = "",
        objective: str | None = None,
        memory_size: Annotated[int, Ge(1)] = 50,
        max_tokens: Annotated[int, Ge(1)] = 4096,
    ) -> None:
        super().__init__(parameters)
        self.llm = llm or OpenAIClient()
        self.task = "\n".join(filter(None, (context, objective or OBJECTIVE)))
        self.max_tokens = max_tokens
        self.pairs: deque[str] = deque(maxlen=memory_size)
        self._variables = labels(parameters)
        self._rejected: dict[str, str] = {}

    @classmethod
    def for_problem(cls, problem: Problem, *, seed: int, llm: LLM | None, **settings: Any) -> Self:
        """Take the problem's context; the seed is the LLM's business."""
        return cls(problem.parameters, llm, context=problem.context, **settings)

    def step(self) -> dict[str, Any]:
        """Ask for new values and apply those that fit. Without feedback, nothing is asked."""
        if not self.outcomes:
            return self._note({"skipped": "no outcome since zero_feedback"})
        feedback = "\n".join(outcome.told for outcome in self.outcomes)
        self.pairs.append(PAIR.format(values=self._values(), feedback=feedback))
        request = Request(self.prompt(), schema(self._variables), self.max_tokens)
        reply = self.llm.complete(request)
        found = parse(reply.text, self._variables)
        self._apply(found)
        return self._note(
            {
                "suggestion": found.values,
                "rejected": found.rejected,
                "reasoning": found.reasoning,
                "finish_reason": reply.finish_reason,
            }
        )

    def prompt(self) -> tuple[Message, ...]:
        """The messages that ask for new values."""
        variables = "\n".join(_describe(n, p) for n, p in self._variables.items())
        pairs = "\n\n".join(self.pairs)
        text = USER.format(task=self.task, variables=variables, pairs=pairs)
        if self._rejected:
            reasons = "\n".join(f"{name}: {why}" for name, why in self._rejected.items())
            text += REJECTED.format(reasons=reasons)
        return Message("system", SYSTEM), Message("user", text)

    def _apply(self, found: Suggestion) -> None:
        for name, value in found.values.items():
            self._variables[name].update(value)
        self._rejected = found.rejected

    def _values(self) -> str:
        return "\n".join(f"{n} = {_shown(p.data)}" for n, p in self._variables.items())

    def _note(self, entry: dict[str, Any]) -> dict[str, Any]:
        self.log.append(entry)
        return entry


def _describe(name: str, parameter: ParameterNode[Any]) -> str:
    constraint = parameter.constraint
    more = CONSTRAINT.format(constraint=constraint) if constraint else ""
    return VARIABLE.format(name=name, type=type(parameter.data).__name__, constraint=more)


def _shown(value: Any) -> str:
    """Six digits for floats, so that prompts do not hang on the last bit."""
    return format(value, ".6g") if isinstance(value, float) else str(value)
