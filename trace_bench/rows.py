"""`steps.jsonl`: one row an iteration, the only source of every table and figure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from trace_core import UserError
from trace_core.llm import Exchange
from trace_core.llm import Ledger as LLMLedger
from trace_core.optimizers import Step

from .plain import plain


class LLMUse(BaseModel):
    """What an LLM was asked for during one iteration: its ledger, and every request with its reply.

    Tokens and `usd` are None if those of any call are unknown.
    """

    model_config = ConfigDict(extra="forbid", ser_json_inf_nan="strings")

    calls: int = 0
    cached: int = 0
    retries: int = 0
    drifted: int = 0
    prompt_tokens: int | None = 0
    completion_tokens: int | None = 0
    usd: float | None = 0.0
    seconds: float = 0.0
    exchanges: list[dict[str, Any]] = Field(default_factory=list)

    @classmethod
    def of(cls, exchanges: Sequence[Exchange]) -> LLMUse:
        """Sum up what a recorder took."""
        if not exchanges:
            return cls()
        listed = [plain(exchange.as_json()) for exchange in exchanges]
        return cls(**LLMLedger.of(exchanges).as_json(), exchanges=listed)

    def seconds_before(self) -> float:
        """How long was waited for the answers that were read from a record now."""
        replies = [each["reply"] for each in self.exchanges]
        return sum(float(reply["seconds"]) for reply in replies if reply["cached"])


class Row(BaseModel):
    """One iteration: the state after so many updates, and the update made from it.

    Attributes:
        score: the task's own figure; None if the workflow failed, or if it is a held-out metric
            that this iteration did not measure.
        metrics: held-out metrics, never shown to an optimizer.
        error: what the workflow's failure said.
        parameters: the values that were evaluated.
        update: what the optimizer did with the outcome; empty at the last iteration.
        seconds: task, optimizer and LLM together. An answer that was read from a record counts as
            long as it was waited for when it was asked for.
        examples: what became of each, for tasks that have examples.
    """

    model_config = ConfigDict(extra="forbid", ser_json_inf_nan="strings")

    iteration: int
    score: float | None
    metrics: dict[str, float]
    feedback: str
    error: str | None
    parameters: dict[str, Any]
    update: dict[str, Any]
    llm: LLMUse
    seconds: float
    examples: list[dict[str, Any]] = Field(default_factory=list)

    @classmethod
    def of(cls, step: Step, llm: LLMUse, examples: Sequence[dict[str, Any]] = ()) -> Row:
        """Return the row of a step, its values made plain."""
        return cls(
            iteration=step.iteration,
            score=None if step.outcome.score is None else float(step.outcome.score),
            metrics={name: float(value) for name, value in step.metrics.items()},
            feedback=plain(step.outcome.feedback),
            error=plain(step.outcome.error),
            parameters=plain(step.parameters),
            update=plain(step.update),
            llm=llm,
            seconds=step.seconds + llm.seconds_before(),
            examples=plain(list(examples)),
        )

    def line(self) -> str:
        """Return the row as it stands in the file."""
        return self.model_dump_json() + "\n"

    def differs(self, other: Row) -> str | None:
        """Name the first field whose value is not the same in a repetition of the iteration."""
        for name in ("iteration", "parameters", "score", "metrics", "feedback", "error"):
            # Compared as text: NaN equals NaN there.
            if self.model_dump_json(include={name}) != other.model_dump_json(include={name}):
                return name
        return None


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a `steps.jsonl`, none if there is no such file.

    An unterminated last line is what a killed process leaves behind, and is left out.

    Raises:
        UserError: any other line is damaged, or the rows are out of order.
    """
    return list(_parsed(path, whole_lines(path)))


def whole_lines(path: Path) -> list[bytes]:
    """Return the lines of a file that end with a newline."""
    data = path.read_bytes() if path.exists() else b""
    return data.split(b"\n")[:-1]


def _parsed(path: Path, lines: Iterable[bytes]) -> Iterator[Row]:
    for number, line in enumerate(lines, start=1):
        try:
            row = Row.model_validate_json(line)
        except ValidationError as error:
            reason = error.errors(include_url=False)[0]["msg"]
            raise UserError(f"{path}, line {number} is damaged: {reason}. {_REMEDY}") from None
        if row.iteration != number - 1:
            raise UserError(f"{path}, line {number} holds iteration {row.iteration}. {_REMEDY}")
        yield row


_REMEDY = (
    "Restore the file, or delete it and run.json and run again: the answers in llm.jsonl are not "
    "asked for anew."
)
