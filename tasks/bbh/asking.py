"""The workflow's LLM, asked with distrust: what is asked may be whatever a model wrote."""

from __future__ import annotations

import threading
from typing import Any

from trace_core import UserError
from trace_core.llm import LLM, Message, Reply, Request, RequestRefused

LONGEST_PROMPT = 20_000
"""Characters. A server would refuse longer ones, and that ends a run; this is feedback."""


class Asker(LLM):
    """Passes requests on, and counts the replies in which there was nothing.

    Args:
        llm: who answers.
        max_tokens: length of a reply to `ask`.
    """

    def __init__(self, llm: LLM | None, max_tokens: int) -> None:
        self._llm, self._max_tokens = llm, max_tokens
        self._lock = threading.Lock()
        self.empty = 0

    @property
    def name(self) -> str:
        """That of the LLM."""
        return self._required().name

    @property
    def is_mock(self) -> bool:
        """Whether the LLM is one."""
        return self._required().is_mock

    def settings(self) -> dict[str, Any]:
        """Those of the LLM."""
        return self._required().settings()

    def complete(self, request: Request) -> Reply:
        """Ask."""
        reply = self._required().complete(request)
        if not reply.text.strip():
            with self._lock:
                self.empty += 1
        return reply

    def ask(self, prompt: Any) -> str:
        """The reply to a prompt.

        Raises:
            TypeError, ValueError: it is no prompt, or nothing was answered.
        """
        if not isinstance(prompt, str):
            raise TypeError(f"the LLM is asked with a text (str), not a {type(prompt).__name__}")
        if not prompt.strip():
            raise ValueError("the prompt is empty")
        if len(prompt) > LONGEST_PROMPT:
            raise ValueError(
                f"the prompt has {len(prompt)} characters, and {LONGEST_PROMPT} are allowed"
            )
        request = Request((Message("user", prompt),), max_tokens=self._max_tokens)
        try:
            reply = self.complete(request)
        except RequestRefused as error:  # the code's failure, and no reason to end the run
            raise ValueError(f"the LLM refused this prompt: {error}") from None
        if not reply.text.strip():
            raise ValueError(f"the LLM answered nothing (finish reason: {reply.finish_reason})")
        return reply.text

    def _required(self) -> LLM:
        if self._llm is None:
            raise UserError(
                "The workflow of bbh asks an LLM: set problem.llm to one, for instance "
                "trace_core.llm.OpenAIClient(); `trace-bench run` does."
            )
        return self._llm
