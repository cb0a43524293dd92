"""OptoPrime: an LLM reads the execution trace and suggests new parameters (the paper's §4)."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Collection, Sequence
from typing import Annotated, Any, ClassVar

from annotated_types import Ge

from trace_core import _json
from trace_core._errors import UserError
from trace_core._node import ParameterNode
from trace_core._propagate import trace_feedback
from trace_core.llm import LLM, Message, Reply
from trace_core.opto import Outcome

from . import _prompts as prompts
from ._context import prompt_characters
from ._fitting import LONGEST
from ._llm_optimizer import LLMOptimizer
from ._rehearsal import rehearsal
from ._report import Report, Section, report
from ._suggestion import Suggestion


class OptoPrime(LLMOptimizer):
    """One LLM call an iteration: report of the minimal subgraph in, new values out.

    Args:
        parameters: what to optimize.
        llm: who reads the report; by default the OpenAI client with the environment's key.
        memory_size: how many past (variables, feedback) pairs the prompt shows; 0 and 10 in the
            paper.
        mask: sections of the report to leave empty, such as "#Code": the paper's ablation.
        rehearse: ask for the reasoning as a template where the trace is arithmetic on one number:
            see `_rehearsal`.
        longest_value: characters of an input or result that the report shows whole.
        max_prompt_tokens: about how long a prompt may be; longer reports are shortened as
            `_fitting` says. None: what the LLM's context allows.
        settings: those of every `LLMOptimizer`.
    """

    version: ClassVar[int] = 8
    default_objective: ClassVar[str] = prompts.INSTRUCTION
    _settings: ClassVar[tuple[str, ...]] = (
        "context",
        "objective",
        "max_tokens",
        "max_reasoning",
        "rehearse",
        "longest_value",
        "max_prompt_tokens",
        "stuck_temperature",
        "_stuck",
    )

    def __init__(
        self,
        parameters: Sequence[ParameterNode[Any]],
        llm: LLM | None = None,
        *,
        memory_size: Annotated[int, Ge(0)] = 0,
        mask: Sequence[Section] = (),
        rehearse: bool = True,
        longest_value: Annotated[int, Ge(20)] = LONGEST,
        max_prompt_tokens: Annotated[int, Ge(1000)] | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(parameters, llm, **settings)
        self.mask = tuple(mask)
        self.rehearse = rehearse
        self.longest_value = longest_value
        self.max_prompt_tokens = max_prompt_tokens
        self.memory: deque[tuple[str, str]] = deque(maxlen=memory_size)

    def propagate(self, outcome: Outcome, **options: Any) -> None:
        """Bring the minimal subgraph and the feedback to the parameters."""
        outcome.output.backward(outcome.feedback, **options)

    def step(self, mask: Collection[str] | None = None) -> dict[str, Any]:
        """Ask for new values and apply those that fit. Without feedback, nothing is asked.

        Returns:
            `suggestion` (what fitted), `rejected` (what did not, and why), `changed` (which
            parameters), `events` (counts), `reasoning`, `answer`, `finish_reason`.
        """
        shown = self.problem_instance()
        if not shown.variables:
            return self.note({"skipped": "no feedback has reached the parameters"})
        found, reply = self.answer(shown, mask)
        self.remember(shown)
        return self.note(self.apply(found, shown.variables, reply.finish_reason))

    def propose(self, mask: Collection[str] | None = None) -> dict[ParameterNode[Any], Any]:
        """Ask for new values without applying them. Without feedback, nothing is asked."""
        shown = self.problem_instance()
        values = self.answer(shown, mask)[0].values if shown.variables else {}
        return {shown.variables[name]: value for name, value in values.items()}

    def answer(
        self, shown: Report, mask: Collection[str] | None = None, turns: Sequence[Message] = ()
    ) -> tuple[Suggestion, Reply]:
        """Ask about a report; `turns` go on from its prompt."""
        messages = [*self.prompt(shown, mask), *turns]
        return self.ask(messages, shown.variables, self._rehearsal(shown, mask))

    def remember(self, shown: Report) -> None:
        """Keep the variables and their feedback for prompts to come."""
        self.memory.append((shown.sections["Variables"], shown.sections["Feedback"]))

    def problem_instance(self) -> Report:
        """The report of the feedback received since `zero_feedback`."""
        feedback = trace_feedback(self.parameters)
        return report(feedback, self.instruction, self.longest_value, self._room())

    def prompt(self, shown: Report, mask: Collection[str] | None = None) -> tuple[Message, ...]:
        """The messages that ask for new values."""
        text = shown.text(self.mask if mask is None else mask)
        system = prompts.REHEARSAL if self._rehearsal(shown, mask) else prompts.SYSTEM
        examples = self._examples(self._room() - len(text))
        return Message("system", system), Message("user", examples + text + self._told())

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

    def _rehearsal(self, shown: Report, mask: Collection[str] | None) -> dict[str, Any] | None:
        """The template of the reasoning, if there is one and no mask hides what it shows."""
        masked = shown.hidden(self.mask if mask is None else mask)
        return rehearsal(shown) if self.rehearse and not masked else None

    def _examples(self, room: int) -> str:
        """The memory, oldest first; the oldest are left out where there is no room for them."""
        kept: deque[str] = deque()
        for variables, feedback in reversed(self.memory):
            pair = prompts.EXAMPLE.format(variables=variables, feedback=feedback)
            room -= len(pair)
            if room < 0:
                break
            kept.appendleft(pair)
        return prompts.MEMORY.format(examples="\n\n".join(kept)) if kept else ""

    def _room(self) -> int:
        whole = prompt_characters(self.llm, self.max_prompt_tokens, self.max_tokens)
        return whole - len(prompts.SYSTEM) - len(self._told())

    def _told(self) -> str:
        """What the prompt says of the last suggestion."""
        return "\n" + prompts.REJECTED.format(reasons=self.reasons) if self._rejected else ""
