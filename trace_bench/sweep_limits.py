"""How much all runs of a sweep may take together, wherever they are driven.

Every run keeps its own line in an SQLite file beside the run folders: what it has taken, and how
many of its calls are under way. A line is replaced and never added to, so whatever a killed process
left there is put right when its run goes on.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Self

from annotated_types import Ge, Gt

from trace_core import UserError
from trace_core.llm import LLM, Reply, Usage

from .rows import Row
from .store import RunFolder

PATIENCE_S = 60.0
"""How long a process waits for another one that writes."""


class SweepLimitReached(UserError):
    """The sweep has had all it may have. It can go on with a larger limit."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How the runs of a sweep are kept together: its hard limits, and its patience.

    None is no limit. Calls are counted before they are made. Tokens and money are known afterwards:
    a call under way counts as the dearest one so far, and those that cross the limit nevertheless
    are the last.

    Attributes:
        calls: answers of LLMs.
        tokens: of prompts and replies together.
        usd: money.
        seconds: of all runs added up, iteration by iteration.
        retries: further attempts at a run that was ended by something outside it.
        pause_s: before such an attempt.
    """

    calls: Annotated[int, Ge(0)] | None = None
    tokens: Annotated[int, Ge(0)] | None = None
    usd: Annotated[float, Ge(0)] | None = None
    seconds: Annotated[float, Gt(0)] | None = None
    retries: Annotated[int, Ge(0)] = 2
    pause_s: Annotated[float, Ge(0)] = 10.0

    @property
    def limit(self) -> bool:
        """Whether there is a limit."""
        return (self.calls, self.tokens, self.usd, self.seconds) != (None,) * 4

    def check(self, had: Mapping[str, float]) -> None:
        """Raise `SweepLimitReached` if one of these sums has come to its limit."""
        for name, taken in had.items():
            limit = getattr(self, name)
            if limit is not None and taken >= limit:
                raise SweepLimitReached(f"sweep.{name}={limit:g} reached by all runs together")


@dataclass(frozen=True, slots=True)
class Taken:
    """What a run has taken, the dearest of its calls, and how many are under way."""

    calls: int = 0
    tokens: int = 0
    usd: float = 0.0
    seconds: float = 0.0
    under_way: int = 0
    dearest_tokens: int = 0
    dearest_usd: float = 0.0

    @classmethod
    def so_far(cls, folder: RunFolder, rows: Sequence[Row], *, replayed: bool) -> Self:
        """What a run has taken by its folder; answers from a cache or recording cost nothing."""
        taken = cls(seconds=sum(row.seconds - row.llm.seconds_before() for row in rows))
        for exchange in [] if replayed else folder.exchanges():
            taken = taken if exchange.reply.cached else taken.after(exchange.reply)
        return taken

    def after(self, reply: Reply) -> Self:
        """The same with one more answer."""
        usage = reply.usage
        tokens = (usage.prompt_tokens or 0) + (usage.completion_tokens or 0)
        usd = usage.usd or 0.0
        return replace(
            self,
            calls=self.calls + 1,
            tokens=self.tokens + tokens,
            usd=self.usd + usd,
            dearest_tokens=max(self.dearest_tokens, tokens),
            dearest_usd=max(self.dearest_usd, usd),
        )

    def expected(self) -> dict[str, float]:
        """The sums that the limits are about, calls under way included."""
        return {
            "calls": self.calls + self.under_way,
            "tokens": self.tokens + self.under_way * self.dearest_tokens,
            "usd": self.usd + self.under_way * self.dearest_usd,
            "seconds": self.seconds,
        }


class Till:
    """The file that holds what every run has taken."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def replace(self, taken: Mapping[str, Taken]) -> None:
        """Replace the lines of these runs."""
        with self.opened() as lines:
            lines.replace(taken)

    @contextmanager
    def opened(self) -> Iterator[Lines]:
        """Keep everybody else out.

        Raises:
            UserError: the file cannot be used.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._path, timeout=PATIENCE_S)) as file:
                file.isolation_level = None
                file.execute("PRAGMA synchronous=OFF")  # the run folders know it all
                file.execute("BEGIN IMMEDIATE")
                file.execute(f"CREATE TABLE IF NOT EXISTS taken (run PRIMARY KEY, {_COLUMNS})")
                try:
                    yield Lines(file)
                finally:
                    file.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            raise UserError(
                f"Cannot keep the limits of the sweep in {self._path} ({error}): free space, "
                "choose a folder with file locks with --out DIR, or leave sweep.* out."
            ) from error


class Lines:
    """What is in the file while it is open."""

    def __init__(self, file: sqlite3.Connection) -> None:
        self._file = file

    def replace(self, taken: Mapping[str, Taken]) -> None:
        """Replace the lines of these runs."""
        rows = [(run, *astuple(line)) for run, line in taken.items()]
        marks = ", ".join("?" * (len(fields(Taken)) + 1))
        self._file.executemany(f"INSERT OR REPLACE INTO taken VALUES ({marks})", rows)

    def total(self) -> Taken:
        """The sum of all lines, and the dearest call of all."""
        sums = [f"TOTAL({name})" if "dearest" not in name else f"MAX({name})" for name in _NAMES]
        (row,) = self._file.execute(f"SELECT {', '.join(sums)} FROM taken")
        return Taken(*(value or 0 for value in row))


class Allowance:
    """One run's part in the limits of its sweep. Any thread may use it."""

    def __init__(self, till: Till, run: str, rules: Rules, taken: Taken) -> None:
        self._till, self._run, self._rules, self._taken = till, run, rules, taken
        self._latest: Usage | None = None
        self._lock = threading.Lock()

    def require_priced(self, llm: LLM) -> None:
        """Refuse an LLM before anything is paid if money is limited and its price unknown.

        Raises:
            UserError: that is so.
        """
        if not llm.is_priced:
            self._require_known(Usage(0, 0, usd=None))

    def reserve(self) -> None:
        """Take the place of one call.

        Raises:
            SweepLimitReached: there is none left.
            UserError: a limit is on what the latest answer did not tell; it was recorded.
        """
        if self._latest:
            self._require_known(self._latest)
        with self._lock, self._till.opened() as lines:
            lines.replace({self._run: self._taken})
            self._rules.check(lines.total().expected())
            self._taken = replace(self._taken, under_way=self._taken.under_way + 1)
            lines.replace({self._run: self._taken})

    def settle(self, reply: Reply | None) -> None:
        """Turn a reserved place into what the call took; None gives it back."""
        with self._lock:
            taken = replace(self._taken, under_way=self._taken.under_way - 1)
            self._taken = taken.after(reply) if reply else taken
            self._till.replace({self._run: self._taken})
        if reply:
            self._latest = reply.usage

    def spend(self, seconds: float, *, goes_on: bool) -> None:
        """Add the time of an iteration.

        Raises:
            SweepLimitReached: there is none left, and the run goes on.
        """
        with self._lock, self._till.opened() as lines:
            self._taken = replace(self._taken, seconds=self._taken.seconds + seconds)
            lines.replace({self._run: self._taken})
            if goes_on:
                self._rules.check({"seconds": lines.total().seconds})

    def _require_known(self, usage: Usage) -> None:
        rules = self._rules
        uncounted = None in (usage.prompt_tokens, usage.completion_tokens)
        if rules.usd is not None and usage.usd is None and not uncounted:
            raise UserError(
                f"sweep.usd={rules.usd:g} cannot be kept, because no price of this LLM is known: "
                "give it with llm.usd_per_million=[PROMPTS,REPLIES], or limit sweep.tokens instead."
            )
        for name, limit in (("usd", rules.usd), ("tokens", rules.tokens)):
            if limit is not None and uncounted:
                raise UserError(
                    f"sweep.{name}={limit:g} cannot be kept, because the server counts no tokens: "
                    "limit sweep.calls instead."
                )


_NAMES = tuple(field.name for field in fields(Taken))
_COLUMNS = ", ".join(_NAMES)
