"""`run.json`: what a run is, how it stands and what came out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from trace_core import UserError
from trace_core.llm import Exchange
from trace_core.llm import Ledger as LLMLedger

from .rows import Row

SCHEMA = 1
"""Raised when a field changes its meaning or goes away."""

Status = Literal["running", "finished", "failed", "interrupted"]


class Metrics(BaseModel):
    """What came out, in the task's unit.

    Attributes:
        final: the score after the last update; None if the workflow failed then.
        best: the best score of any iteration.
        calibrated: `final` on the common scale: 0 = the task's reference policy, 1 = solved.
        held_out: the held-out metrics after the last update.
        solved_at: the first iteration whose parameters were a solution; None if none were.
    """

    model_config = ConfigDict(extra="forbid", ser_json_inf_nan="strings")

    final: float | None = None
    best: float | None = None
    calibrated: float | None = None
    held_out: dict[str, float] = Field(default_factory=dict)
    solved_at: int | None = None


class Ledger(BaseModel):
    """What a run took. `usd` and tokens are None where any call's are unknown.

    `events` counts what became of the LLM's replies, as the optimizer's updates say.
    """

    model_config = ConfigDict(extra="forbid", ser_json_inf_nan="strings")

    iterations: int = 0
    calls: int = 0
    cached: int = 0
    retries: int = 0
    drifted: int = 0
    prompt_tokens: int | None = 0
    completion_tokens: int | None = 0
    usd: float | None = 0.0
    seconds: float = 0.0
    events: dict[str, int] = Field(default_factory=dict)

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Ledger:
        """Add up the rows of a run."""
        uses = [row.llm for row in rows]
        return cls(
            iterations=max(len(rows) - 1, 0),
            calls=sum(use.calls for use in uses),
            cached=sum(use.cached for use in uses),
            retries=sum(use.retries for use in uses),
            drifted=sum(use.drifted for use in uses),
            prompt_tokens=_sum([use.prompt_tokens for use in uses]),
            completion_tokens=_sum([use.completion_tokens for use in uses]),
            usd=_sum([use.usd for use in uses]),
            seconds=sum(row.seconds for row in rows),
            events=sum((Counter(row.update.get("events")) for row in rows), Counter()),
        )

    def asking(self, exchanges: Iterable[Exchange]) -> Ledger:
        """Return the same with the calls of `exchanges` in place of those in whole rows."""
        asked = LLMLedger.of(exchanges).as_json()
        return self.model_copy(update={k: v for k, v in asked.items() if k != "seconds"})


def _sum(values: Sequence[Any]) -> Any:
    return None if None in values else sum(values)


class RunRecord(BaseModel):
    """The contents of `run.json`.

    Attributes:
        stop_reason: "solved", "budget" (all updates made), "optimizer" (it ended by itself), or
            why the run was interrupted.
        error: the exception that failed the run, on one line.
        llm: name of the LLM that answered; None for an optimizer that uses none.
        llm_settings: all else that its answers depend on, such as the checksum of its file.
        server: where that LLM was asked; None for one that runs here or for none.
        replayed: its answers were read from a recording.
        unlike_recording: where a replayed run's scores are not the recorded ones; None if they are.
        mock: that LLM is no model, so the numbers are no result about one.
        sandbox: where optimizers' code ran and what isolated it; None if the task runs none.
        metric: what the score is, in words with its unit.
        judged_by: the held-out metric that is the score; None if the oracle gives it.
        lower_metrics: the held-out metrics of which less is better.
        worst: the score that a failure counts as; None if scores have no worst.
        config: what the folder's hash is taken of.
        git: commit and whether files differ from it; None outside a checkout.
        machine: its kind; empty in records older than this field.
    """

    model_config = ConfigDict(extra="forbid", ser_json_inf_nan="strings")

    schema_: int = Field(alias="schema")
    id: str
    status: Status
    stop_reason: str | None = None
    error: str | None = None
    task: str
    optimizer: str
    llm: str | None
    llm_settings: dict[str, Any] = Field(default_factory=dict)
    server: str | None = None
    replayed: bool = False
    unlike_recording: str | None = None
    mock: bool
    sandbox: str | None = None
    seed: int
    metric: str
    lower_is_better: bool
    judged_by: str | None = None
    lower_metrics: list[str] = Field(default_factory=list)
    worst: float | None = None
    config: dict[str, Any]
    versions: dict[str, str]
    git: dict[str, Any] | None
    machine: dict[str, Any] = Field(default_factory=dict)
    metrics: Metrics = Field(default_factory=Metrics)
    ledger: Ledger = Field(default_factory=Ledger)
    started: str
    finished: str | None = None

    def text(self) -> str:
        """Return the record as it stands in the file."""
        return self.model_dump_json(by_alias=True, indent=2) + "\n"


def parse_record(text: str, path: Path) -> RunRecord:
    """Read a `run.json`.

    Raises:
        UserError: the file is of another version of trace-bench, or damaged.
    """
    try:
        data = json.loads(text)
        schema = data.get("schema") if isinstance(data, dict) else None
        if schema == SCHEMA:
            return RunRecord.model_validate(data)
    except ValueError as error:  # json's and pydantic's errors are ValueErrors
        reason = _reason(error)
        raise UserError(
            f"{path} is damaged: {reason}. Delete it and run again: the run goes on from the "
            "steps and answers beside it."
        ) from None
    raise UserError(
        f"{path} was made by another version of trace-bench (schema {schema}; this one knows "
        f"{SCHEMA}). Use that version, or --out with another folder."
    )


def _reason(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(error)
