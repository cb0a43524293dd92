"""OptoPrime with several candidates a step, of which the LLM chooses one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge

from trace_core import ParameterNode
from trace_core.llm import LLM, Message, Request
from trace_core.optimizers import OptoPrime
from trace_core.optimizers._candidates import Candidate, distinct, with_all_events
from trace_core.optimizers._reply import find
from trace_core.optimizers._report import Report
from trace_core.optimizers._suggestion import like, object_schema
from trace_core.optimizers._values import show

REFINE = """\
Check this suggestion against #Code, line by line, and against #Feedback. If you find a mistake, \
or something better, answer with an improved JSON object of the same form; otherwise repeat it.
"""
CHOOSE_SYSTEM = """\
You are shown one run of a computation, feedback to it, and several suggestions for new values of \
its variables. Choose the suggestion that answers the feedback best: follow #Code with its values.

Answer with one JSON object and nothing else:
{"reasoning": how the suggestions differ in what they do to the outputs,
 "choice": the number of the best}
"""
CHOOSE_USER = "{report}\n\n#Suggestions\n{suggestions}"


class OptoPrimeMulti(OptoPrime):
    """Asks for several suggestions, and then which of them is best: candidates + 1 calls a step.

    The problem is evaluated once an iteration, as with OptoPrime: nothing but the LLM judges the
    candidates. Equal candidates count once, and where only one is left nothing is asked.

    Args:
        parameters: what to optimize.
        llm: who suggests and chooses.
        candidates: suggestions a step.
        technique: "draws" asks the same question again, which needs a temperature; "refine" goes
            on from each reply and asks for a better one.
        settings: those of OptoPrime.
    """

    version: ClassVar[int] = OptoPrime.version

    def __init__(
        self,
        parameters: Sequence[ParameterNode[Any]],
        llm: LLM | None = None,
        *,
        candidates: Annotated[int, Ge(1)] = 3,
        technique: Literal["draws", "refine"] = "draws",
        **settings: Any,
    ) -> None:
        super().__init__(parameters, llm, **settings)
        self.candidates = candidates
        self.technique = technique

    def answer(
        self, shown: Report, mask: Collection[str] | None = None, turns: Sequence[Message] = ()
    ) -> Candidate:
        """The best of several suggestions; its events are those of all."""
        asked = self.sample(shown, mask)
        return with_all_events(self._chosen(shown, distinct(asked) or asked[:1], mask), asked)

    def sample(self, shown: Report, mask: Collection[str] | None = None) -> list[Candidate]:
        """As many suggestions as `candidates` says, usable or not."""
        asked: list[Candidate] = []
        turns: list[Message] = []
        for _ in range(self.candidates):
            asked.append(super().answer(shown, mask, turns))
            if self.technique == "refine":
                turns = [Message("assistant", asked[-1][1].text), Message("user", REFINE)]
        return asked

    def _chosen(
        self, shown: Report, candidates: Sequence[Candidate], mask: Collection[str] | None
    ) -> Candidate:
        if len(candidates) == 1:
            return candidates[0]
        answer = find(self.llm.complete(self._question(shown, candidates, mask)).text, "choice")
        choice = _whole_number(answer.object.get("choice") if answer else None)
        if 1 <= choice <= len(candidates):
            candidates[choice - 1][0].events["chosen"] += 1
            return candidates[choice - 1]
        candidates[0][0].events["unusable_choice"] += 1
        return candidates[0]

    def _question(
        self, shown: Report, candidates: Sequence[Candidate], mask: Collection[str] | None
    ) -> Request:
        suggestions = "\n\n".join(
            f"{k}. " + "\n".join(f"{name} = {_text(v)}" for name, v in found.values.items())
            for k, (found, _) in enumerate(candidates, start=1)
        )
        text = shown.text(self.mask if mask is None else mask)
        user = CHOOSE_USER.format(report=text, suggestions=suggestions)
        form = object_schema(
            {
                "reasoning": {"type": "string", "maxLength": self.max_reasoning},
                "choice": {"type": "integer", "minimum": 1, "maximum": len(candidates)},
            }
        )
        messages = Message("system", CHOOSE_SYSTEM), Message("user", user)
        return Request(messages, form, self.max_tokens)


def _whole_number(choice: Any) -> int:
    """The choice, read as values of parameters are; 0 if it is no whole number."""
    try:
        return int(like(choice, 0))
    except (TypeError, ValueError):
        return 0


def _text(value: Any) -> str:
    return value if isinstance(value, str) else show(value)
