"""Answers to examples, several at a time, and what they are worth."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from trace_core.llm import stream

from .example import Example, is_right

S = TypeVar("S")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of an example.

    Attributes:
        answer: None if the workflow failed.
        error: why it failed.
    """

    answer: str | None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Graded:
    """An example's record.

    Attributes:
        part: "train", "validation" or "test".
        example: its index in the data.
    """

    part: str
    example: int
    target: str
    answer: str | None
    right: bool
    error: str | None

    @classmethod
    def of(cls, part: str, example: Example, answered: Answered) -> Graded:
        """Judge an answer; a workflow that failed has none, which is wrong."""
        right = answered.answer is not None and is_right(answered.answer, example.target)
        return cls(part, example.index, example.target, answered.answer, right, answered.error)

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def graded(
    part: str, examples: Sequence[Example], answer: Callable[[Example], Answered], connections: int
) -> list[Graded]:
    """Answer and judge the examples of a part, so many at a time; the order is theirs.

    Each has a stream of draws of its own, so that results do not depend on who was faster.
    """

    def one(example: Example) -> Graded:
        with stream(f"{part}/{example.index:04}"):
            return Graded.of(part, example, answer(example))

    return list(_concurrently(one, examples, connections))


def percent(found: Sequence[Graded]) -> float:
    """How many of 100 are right; 0 of none."""
    return 100 * sum(each.right for each in found) / max(len(found), 1)


def _concurrently(function: Callable[[S], T], items: Sequence[S], connections: int) -> Iterator[T]:
    """Yield the results in the order of the items; the first error ends the rest."""
    with ThreadPoolExecutor(max(1, min(connections, len(items)))) as pool:
        # Each in a copy of our context, for the sandbox and the state of tracing are in it.
        jobs = [pool.submit(contextvars.copy_context().run, function, item) for item in items]
        try:
            for job in jobs:
                yield job.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
