"""What optimizers have in common that ask an LLM for new values of the parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Self

from annotated_types import Ge, Le

from trace_core._node import ParameterNode
from trace_core.llm import LLM, Message, OpenAIClient, Reply, Request
from trace_core.opto import Problem

from ._base import Optimizer
from ._candidates import Untried
from ._projections import Projection
from ._suggestion import LONGEST_REASONING, Suggestion, parse, schema
from ._values import same

EVERYTHING = "all variables"
OLD_VALUES = "the values were the old ones, so nothing changed"
Variables = Mapping[str, ParameterNode[Any]]


class LLMOptimizer(Optimizer):
    """Asks for values by JSON schema, applies those that fit, and counts what happened.

    What was not applied, and why, is for a subclass to put into its next prompt: `reasons`. After a
    reply that changed nothing, the next is asked for by a schema that excludes the old values where
    all of them are whole numbers: small models were seen to repeat them whatever they were told.

    Args:
        parameters: what to optimize.
        llm: who is asked; by default the OpenAI client with the environment's key.
        context: ω, what is known of the problem and the same in every iteration.
        objective: what to do, in words; None is `default_objective`.
        projections: how a proposed value is moved into the feasible set before it is checked:
            "clip", "round", "format_code", or functions of the value and the parameter.
        max_tokens: length of a reply.
        max_reasoning: characters of the reasoning in a reply.
        stuck_temperature: of the next question after a reply that changed nothing; at temperature
            0 the answer would often be the same again. None: always the LLM's own.
    """

    uses_llm: ClassVar[bool] = True
    default_objective: ClassVar[str]

    def __init__(
        self,
        parameters: Sequence[ParameterNode[Any]],
        llm: LLM | None = None,
        *,
        context: str = "",
        objective: str | None = None,
        projections: Sequence[Projection] = (),
        max_tokens: Annotated[int, Ge(1)] = 4096,
        max_reasoning: Annotated[int, Ge(0)] = LONGEST_REASONING,
        stuck_temperature: Annotated[float, Ge(0), Le(2)] | None = 0.8,
    ) -> None:
        super().__init__(parameters)
        self.llm = llm or OpenAIClient()
        self.context = context
        self.objective = objective or self.default_objective
        self.projections = tuple(projections)
        self.max_tokens = max_tokens
        self.max_reasoning = max_reasoning
        self.stuck_temperature = stuck_temperature
        self._rejected: dict[str, str] = {}
        self._stuck = False

    @classmethod
    def for_problem(cls, problem: Problem, *, seed: int, llm: LLM | None, **settings: Any) -> Self:
        """Take the problem's context; the seed is the LLM's business."""
        return cls(problem.parameters, llm, context=problem.context, **settings)

    @property
    def instruction(self) -> str:
        """What a prompt says first: the context, then the objective, which may be changed."""
        return "\n".join(filter(None, (self.context, self.objective)))

    @property
    def reasons(self) -> str:
        """Why parts of the last suggestion were not applied, a line each."""
        return "\n".join(f"{name}: {why}" for name, why in self._rejected.items())

    def ask(
        self,
        messages: Sequence[Message],
        variables: Variables,
        reasoning: Mapping[str, Any] | None = None,
    ) -> tuple[Suggestion, Reply]:
        """One call: what of its reply can be applied."""
        form = schema(variables, self.max_reasoning, reasoning, changed=self._stuck)
        reply = self.llm.complete(self.request(messages, form))
        return parse(reply.text, variables, self.projections), reply

    def request(self, messages: Sequence[Message], form: Mapping[str, Any]) -> Request:
        """What is sent; warmer than usual after a reply that changed nothing."""
        temperature = self.stuck_temperature if self._stuck else None
        return Request(tuple(messages), form, self.max_tokens, temperature=temperature)

    def apply(self, found: Suggestion, variables: Variables, finish: str) -> dict[str, Any]:
        """Update the parameters; return what happened as JSON data.

        Args:
            found: what fits, and what does not.
            variables: the parameters by the names that the LLM knows.
            finish: why the LLM stopped writing.
        """
        changed = [n for n, value in found.values.items() if not same(value, variables[n]._data)]
        for name in changed:
            variables[name].update(found.values[name])
        self._rejected, self._stuck = found.rejected, not changed
        if found.values and not changed:
            found.events["unchanged"] += 1
            # else the next prompt might be the same, and with it the answer
            self._rejected = {EVERYTHING: OLD_VALUES, **found.rejected}
        if changed and not found.rejected:
            found.events["usable_reply"] += 1
        return {
            "suggestion": found.values,
            "rejected": found.rejected,
            "changed": changed,
            "events": dict(found.events),
            "reasoning": found.reasoning,
            "answer": found.answer,
            "finish_reason": finish,
        }

    def try_next(self, untried: Untried, variables: Variables) -> dict[str, Any]:
        """Move to the next values that were suggested; return what happened as JSON data."""
        values = untried.popleft()
        changed = [n for n, value in values.items() if not same(value, variables[n]._data)]
        for name in changed:
            variables[name].update(values[name])
        if changed:  # else what was told of the last reply still holds
            self._rejected, self._stuck = {}, False
        return {"suggestion": values, "changed": changed, "untried": len(untried)}

    def note(self, entry: dict[str, Any]) -> dict[str, Any]:
        """Keep what a step did."""
        self.log.append(entry)
        return entry
