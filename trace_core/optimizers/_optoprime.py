"""OptoPrime: an LLM reads the execution trace and suggests new parameters (the paper's §4)."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Collection, Sequence
from typing import Annotated, Any, ClassVar, Self

from annotated_types import Ge

from trace_core import _json
from trace_core._errors import UserError
from trace_core._node import ParameterNode
from trace_core._propagate import trace_feedback
from trace_core.llm import LLM, Message, OpenAIClient, Reply, Request
from trace_core.opto import Outcome, Problem

from . import _prompts as prompts
from ._base import Optimizer
from ._report import LONGEST, Report, report
from ._suggestion import Suggestion, parse, schema


class OptoPrime(Optimizer):
    """One LLM call an iteration: report of the minimal subgraph in, new values out.

    Args:
        parameters: what to optimize.
        llm: who reads the report; by default the OpenAI client with the environment's key.
        context: ω, what is known of the problem and the same in every iteration.
        objective: what to do, in words; None is `default_objective`.
        memory_size: how many past (variables, feedback) pairs the prompt shows; 0 and 10 in the
            paper.
        mask: sections of the report to leave empty, such as "#Code": the paper's ablation.
        max_tokens: length of a reply.
        longest_value: characters of an input or result that the report shows whole.
    """

    uses_llm: ClassVar[bool] = True
    version: ClassVar[int] = 2
    default_objective: ClassVar[str] = prompts.INSTRUCTION
    _settings: ClassVar[tuple[str, ...]] = ("context", "objective", "max_tokens", "longest_value")

    def __init__(
        self,
        parameters: Sequence[ParameterNode[Any]],
        llm: LLM | None = None,
        *,
        context: str = "",
        objective: str | None = None,
        memory_size: Annotated[int, Ge(0)] = 0,
        mask: Sequence[str] = (),
        max_tokens: Annotated[int, Ge(1)] = 4096,
        longest_value: Annotated[int, Ge(20)] = LONGEST,
    ) -> None:
        super().__init__(parameters)
        self.llm = llm or OpenAIClient()
        self.context = context
        self.objective = objective or prompts.INSTRUCTION
        self.mask = tuple(mask)
        self.max_tokens = max_tokens
        self.longest_value = longest_value
        self.memory: deque[tuple[str, str]] = deque(maxlen=memory_size)
        self._rejected: dict[str, str] = {}

    @property
    def instruction(self) -> str:
        """What the prompt says first: the context, then the objective, which may be changed."""
        return "\n".join(filter(None, (self.context, self.objective)))

    @classmethod
    def for_problem(cls, problem: Problem, *, seed: int, llm: LLM | None, **settings: Any) -> Self:
        """Take the problem's context; the seed is the LLM's business."""
        return cls(problem.parameters, llm, context=problem.context, **settings)

    def propagate(self, outcome: Outcome, **options: Any) -> None:
        """Bring the minimal subgraph and the feedback to the parameters."""
        outcome.output.backward(outcome.feedback, **options)

    def step(self, mask: Collection[str] | None = None) -> dict[str, Any]:
        """Ask for new values and apply those that fit. Without feedback, nothing is asked.

        Returns:
            `suggestion` (what was applied), `rejected` (what was not, and why), `reasoning`,
            `finish_reason`.
        """
        found, shown, reply = self._ask(mask)
        if reply is None:
            return self._note({"skipped": "no feedback has reached the parameters"})
        for name, value in found.values.items():
            shown.variables[name].update(value)
        self._rejected = found.rejected
        self.memory.append((shown.sections["Variables"], shown.sections["Feedback"]))
        return self._note(
            {
                "suggestion": found.values,
                "rejected": found.rejected,
                "reasoning": found.reasoning,
                "answer": found.answer,
                "finish_reason": reply.finish_reason,
            }
        )

    def propose(self, mask: Collection[str] | None = None) -> dict[ParameterNode[Any], Any]:
        """Ask for new values without applying them."""
        found, shown, _ = self._ask(mask)
        return {shown.variables[name]: value for name, value in found.values.items()}

    def problem_instance(self) -> Report:
        """The report of the feedback received since `zero_feedback`."""
        return report(trace_feedback(self.parameters), self.instruction, self.longest_value)

    def prompt(self, shown: Report, mask: Collection[str] | None = None) -> tuple[Message, ...]:
        """The messages that ask for new values."""
        text = shown.text(self.mask if mask is None else mask)
        if self.memory:
            pairs = [prompts.EXAMPLE.format(variables=v, feedback=f) for v, f in self.memory]
            text = prompts.MEMORY.format(examples="\n\n".join(pairs)) + text
        if self._rejected:
            reasons = "\n".join(f"{name}: {why}" for name, why in self._rejected.items())
            text += "\n" + prompts.REJECTED.format(reasons=reasons)
        return Message("system", prompts.SYSTEM), Message("user", text)

    def save(self, file: str | os.PathLike[str]) -> None:
        """Write as JSON what the next prompt depends on, apart from the feedback still to come."""
        memory = [list(pair) for pair in self.memory]
        state = {name: getattr(self, name) for name in self._settings}
        more = {"memory_size": self.memory.maxlen, "memory": memory, "rejected": self._rejected}
        _json.write(file, {"optimizer": "OptoPrime", **state, "mask": list(self.mask), **more})

    def load(self, file: str | os.PathLike[str]) -> None:
        """Go on as the optimizer that was saved; the parameters' values are the modules' business.

        Raises:
            UserError: the file is missing, damaged, or of another optimizer.
        """
        state = _json.read(file)
        try:
            settings = {name: state[name] for name in self._settings}
            pairs = [(variables, feedback) for variables, feedback in state["memory"]]
            settings["memory"] = deque(pairs, maxlen=state["memory_size"])
            settings["mask"] = tuple(state["mask"])
            settings["_rejected"] = dict(state["rejected"])
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(f"{file} was not written by OptoPrime.save: {error!r}") from error
        vars(self).update(settings)

    def _ask(self, mask: Collection[str] | None) -> tuple[Suggestion, Report, Reply | None]:
        shown = self.problem_instance()
        if not shown.variables:
            return Suggestion(), shown, None
        messages = self.prompt(shown, mask)
        request = Request(messages, schema(shown.variables), self.max_tokens)
        reply = self.llm.complete(request)
        return parse(reply.text, shown.variables), shown, reply

    def _note(self, entry: dict[str, Any]) -> dict[str, Any]:
        self.log.append(entry)
        return entry
