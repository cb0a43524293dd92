"""`run --cost`: what a sweep would ask its LLM, found out by asking one that is none.

One run of each kind is made in a folder that is thrown away, with random answers of the right form,
and what it asks is counted. A task's first and last settings stand for those between. Calls depend
little on what is answered: a run that is solved early makes fewer, and so does a workflow that asks
the LLM itself and that a random update broke. Limits are not regarded.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from trace_core import UserError
from trace_core.llm import MockLLM, Reply, Request, Usage

from .llms import Asking
from .plan import Choice, Run
from .runner import execute
from .store import RunFolder
from .sweep_limits import Rules

CHARACTERS_A_TOKEN = 3.0
"""Measured with Qwen2.5: 2.4 in prompts full of numbers to 3.7 in prose."""
_FIELDS = re.compile(r"\[\[ ## \w+ ## ]]")
_LAST_SENTENCE = 600
"""Characters at the end of DSPy's prompts that hold the one which lists these fields."""
REPLY_TOKENS = 250
"""Of each answer. Measured means: 150 to 320."""
ASSUMED = (
    f"one run of each kind was rehearsed with random answers; {CHARACTERS_A_TOKEN:g} characters a "
    f"token and {REPLY_TOKENS} tokens a reply are assumed. Models that think aloud take more."
)


class StandIn(MockLLM):
    """A mock whose usage is that of a model: by the length of the prompt and a usual answer."""

    def complete(self, request: Request) -> Reply:
        """What the mock says, with estimated tokens; DSPy gets the fields that it asks for.

        It would ask again for what it cannot parse, which models rarely make it do.
        """
        characters = sum(len(message.content) for message in request.messages)
        used = Usage(round(characters / CHARACTERS_A_TOKEN), REPLY_TOKENS, usd=0.0)
        reply = replace(super().complete(request), usage=used)
        fields = _FIELDS.findall(request.messages[-1].content[-_LAST_SENTENCE:])
        return replace(reply, text="\n\n".join(f"{f}\n{reply.text}" for f in fields) or reply.text)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What some runs would ask.

    Attributes:
        usd: None if the model's prices are not known.
    """

    calls: float = 0.0
    prompt_tokens: float = 0.0
    completion_tokens: float = 0.0
    usd: float | None = 0.0

    @classmethod
    def total(cls, parts: Iterable[Forecast]) -> Forecast:
        """The sum."""
        found = list(parts)
        costs = [part.usd for part in found]
        return cls(
            sum(part.calls for part in found),
            sum(part.prompt_tokens for part in found),
            sum(part.completion_tokens for part in found),
            None if None in costs else sum(cost for cost in costs if cost is not None),
        )

    def times(self, factor: float) -> Forecast:
        """The same so many times over."""
        usd = None if self.usd is None else self.usd * factor
        tokens = (self.prompt_tokens * factor, self.completion_tokens * factor)
        return Forecast(self.calls * factor, *tokens, usd)


def forecast(runs: Sequence[Run], tell: Callable[[str], None]) -> Forecast:
    """What runs of one kind would ask, by the first and the last of them.

    Raises:
        UserError: such a run fails with a mock.
    """
    asking = [run for run in runs if run.llm and not run.is_replayed]
    if not asking:
        return Forecast()
    kinds = {str(run.task.config): run for run in (asking[-1], asking[0])}
    parts = []
    for run in kinds.values():
        tell(f"Rehearsing {run.task.name} with {run.optimizer.name}, {run.iterations} updates …")
        parts.append(_rehearsed(run))
    return Forecast.total(parts).times(len(asking) / len(parts))


def _rehearsed(run: Run) -> Forecast:
    assert run.llm is not None
    stand_in = replace(
        run,
        llm=Choice("stand_in", StandIn, {}, run.llm.config),
        asking=Asking(),
        rules=Rules(),
        sweep="",
    )
    with tempfile.TemporaryDirectory() as scratch:
        record = execute(stand_in, RunFolder(Path(scratch) / run.id))
    if record.status != "finished":
        raise UserError(f"{run.id} fails with a mock LLM: {record.error or record.stop_reason}")
    used = record.ledger
    prompt, completion = used.prompt_tokens or 0, used.completion_tokens or 0
    price = run.llm.cls.price(**run.llm.arguments)
    usd = price.usd(Usage(prompt, completion)) if price else None
    return Forecast(used.calls, prompt, completion, usd)
