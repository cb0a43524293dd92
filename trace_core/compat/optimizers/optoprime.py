"""Stands for `opto.optimizers.optoprime`."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from trace_core import ParameterNode
from trace_core import optimizers as core
from trace_core.llm import LLM, Reply, Request


class CallableLLM:
    """An LLM of the published library: `llm(messages=[…], max_tokens=…)` gives a chat completion.

    Args:
        function: returns an object with the text at `.choices[0].message.content`.
        name: what result rows call it.
        is_mock: no model is behind it.
    """

    def __init__(
        self, function: Callable[..., Any], *, name: str = "callable", is_mock: bool = False
    ) -> None:
        self.function, self.name, self.is_mock = function, name, is_mock

    def settings(self) -> dict[str, Any]:
        """Its name: what else the answers depend on is its own affair."""
        return {"callable": self.name}

    def complete(self, request: Request) -> Reply:
        """Ask it, and take the text of the first choice."""
        messages = [{"role": each.role, "content": each.content} for each in request.messages]
        answer = self.function(messages=messages, max_tokens=request.max_tokens)
        return Reply(answer.choices[0].message.content or "")

    def check(self) -> None:
        """It can't be known beforehand."""

    def close(self) -> None:
        """It is not ours to close."""


class OptoPrime(core.OptoPrime):
    """`trace_core.optimizers.OptoPrime` with the published library's arguments.

    Args:
        llm: one of the published library's, or one of ours.
        ignored: what only concerns the published library's way of asking and logging.
    """

    def __init__(
        self,
        parameters: Sequence[ParameterNode[Any]],
        llm: LLM | Callable[..., Any] | None = None,
        *,
        objective: str | None = None,
        memory_size: int = 0,
        max_tokens: int = 4096,
        **ignored: Any,
    ) -> None:
        ours: Any = llm if llm is None or hasattr(llm, "complete") else CallableLLM(llm)
        super().__init__(
            parameters, ours, objective=objective, memory_size=memory_size, max_tokens=max_tokens
        )

    def step(  # type: ignore[override]  # as published, it returns the update
        self,
        bypassing: bool = False,
        *,
        mask: Collection[str] | None = None,
        verbose: bool | str = False,
    ) -> dict[ParameterNode[Any], Any]:
        """Ask for new values, and apply them unless `bypassing`.

        Args:
            bypassing: only return what would be applied.
            mask: sections of the report to leave empty.
            verbose: accepted; what happened is in `log`.

        Returns:
            The new values by parameter.
        """
        if bypassing:
            return self.propose(mask)
        before = {p: p.data for p in self.parameters}
        super().step(mask)
        return {p: p.data for p in self.parameters if p.data is not before[p]}
