"""An LLM of which nothing may be asked that is not recorded: looking at a run costs nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from trace_core import UserError
from trace_core.llm import LLM, Exchange, Request


class Silent(LLM):
    """Has the name and settings of an LLM, by which recorded answers are found, and gives none."""

    def __init__(self, llm: LLM, exchanges: Iterable[Exchange] = ()) -> None:
        """Stand for an LLM.

        Args:
            llm: who was asked; the version of its server may be another one by now.
            exchanges: what it was asked, under the keys of then.
        """
        self._llm = llm
        self._keys = {each.request.digest(): each.key for each in exchanges}

    @property
    def name(self) -> str:
        """That of the LLM."""
        return self._llm.name

    @property
    def is_mock(self) -> bool:
        """Whether the LLM is one."""
        return self._llm.is_mock

    @property
    def context_tokens(self) -> int | None:
        """Those of the LLM."""
        return self._llm.context_tokens

    def settings(self) -> dict[str, Any]:
        """Those of the LLM."""
        return self._llm.settings()

    def key(self, request: Request) -> str:
        """The one under which the request's answer was recorded."""
        return self._keys.get(request.digest()) or self._llm.key(request)

    def complete(self, request: Request) -> NoReturn:
        """Refuse.

        Raises:
            UserError: always.
        """
        raise UserError(
            f"An answer of {self.name} that is needed is not in the run's llm.jsonl. Another "
            "version of trace-bench made the run, or the file was changed."
        )

    def close(self) -> None:
        """Let go of what the LLM holds."""
        self._llm.close()
