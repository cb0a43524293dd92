"""An LLM whose answer to each question is known: for accuracies that are known too."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from trace_bench.tasks.bbh.example import Example
from trace_core.llm import MockLLM, Reply, Request, Usage

IN_FIELDS = "[[ ## answer ## ]]\n{}\n\n[[ ## completed ## ]]"
"""How DSPy wants an answer."""


class Answering(MockLLM):
    """Answers the question in the prompt with what is said, in the form that the prompt wants.

    Args:
        answers: by question; None is an empty reply, a text that starts with "!" is the whole
            reply, in no form at all.
    """

    def __init__(self, answers: Mapping[str, str | None]) -> None:
        super().__init__()
        self.answers = answers
        self.requests: list[Request] = []
        self._writing = threading.Lock()

    def complete(self, request: Request) -> Reply:
        with self._writing:
            self.requests.append(request)
        return Reply(self.reply(request), Usage(1, 1, 0.0))

    def reply(self, request: Request) -> str:
        prompt = request.messages[-1].content
        known = [question for question in self.answers if question in prompt]
        if not known:
            return super().complete(request).text
        answer = self.answers[max(known, key=len)]
        if answer is None:
            return ""
        if answer.startswith("!"):
            return answer[1:]
        return IN_FIELDS.format(answer) if "[[ ## answer" in prompt else f"Answer: {answer}"


def truth(*parts: tuple[Example, ...]) -> dict[str, str | None]:
    """The right answers."""
    return {example.question: example.target for part in parts for example in part}
