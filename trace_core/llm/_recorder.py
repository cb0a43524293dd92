"""A run's view of its LLM: every exchange recorded, none paid twice."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from trace_core._errors import UserError
from trace_core._streams import current_stream

from ._cache import AnswerCache
from ._exchange import Exchange, Ledger
from ._limits import UNLIMITED, Limits
from ._protocol import LLM, Reply, Request
from ._record_file import RecordFile
from ._waiting import no_longer_than


class Recorder(LLM):
    """Passes requests of one run on to `llm`, and remembers the answers in a file.

    A run that was interrupted starts from its beginning with the same file: what it asked before
    is answered from there, so it continues as it would have. A failure is never recorded.

    Args:
        llm: who answers.
        path: the record, usually `llm.jsonl` in the run's folder; None keeps it in memory.
        seed: the run's, so that no two seeds share a sampled answer.
        cache: where other runs' answers are, and these are kept for others.
        limits: how much may be asked.
        offline: refuse what neither record nor cache can answer.

    Raises:
        UserError: the record is damaged, or the limits cannot be kept.
    """

    def __init__(
        self,
        llm: LLM,
        path: Path | None = None,
        *,
        seed: int = 0,
        cache: AnswerCache | None = None,
        limits: Limits = UNLIMITED,
        offline: bool = False,
    ) -> None:
        limits.require_known(llm)
        self._llm, self._seed = llm, seed
        self._cache, self._limits = cache, limits
        self._offline = offline and not llm.asks_nobody
        self._under_way = 0
        self._over = threading.Event()
        self._file = RecordFile(path) if path else None
        self._known = {e.key: e.reply for e in self._file.read()} if self._file else {}
        self._unread = dict(self._known)  # paid before, and not asked for again yet
        self._draws: Counter[str] = Counter()
        self._recent: list[Exchange] = []
        self._ledger = Ledger()
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """That of the LLM."""
        return self._llm.name

    @property
    def is_mock(self) -> bool:
        """Whether the LLM is one."""
        return self._llm.is_mock

    def settings(self) -> dict[str, Any]:
        """Those of the LLM."""
        return self._llm.settings()

    def key(self, request: Request) -> str:
        """That of the LLM."""
        return self._llm.key(request)

    @property
    def is_priced(self) -> bool:
        """Whether the LLM's price is known."""
        return self._llm.is_priced

    @property
    def asks_nobody(self) -> bool:
        """Whether the LLM asks nobody."""
        return self._llm.asks_nobody

    @property
    def context_tokens(self) -> int | None:
        """Those of the LLM."""
        return self._llm.context_tokens

    @property
    def ledger(self) -> Ledger:
        """The sum of all exchanges so far."""
        with self._lock:
            return self._ledger

    def take(self) -> tuple[Exchange, ...]:
        """What happened since the last `take`; `Ledger.of` sums it up.

        By stream, so that the order does not depend on which thread was faster.
        """
        with self._lock:
            taken, self._recent = self._recent, []
        return tuple(sorted(taken, key=lambda exchange: exchange.request.stream))

    def complete(self, request: Request) -> Reply:
        """The recorded answer to this draw of the request, else the LLM's.

        Raises:
            LimitReached: the run has had all it may have.
            UserError: the user must do something first.
            KeyboardInterrupt: the run has ended, and this thread has been left behind.
        """
        request = replace(request, seed=self._seed, stream=current_stream(), draw=0)
        same = request.digest()
        with self._lock:
            request = replace(request, draw=self._draws[same])
            self._draws[same] += 1
        try:
            with no_longer_than(self._over):
                return self._answer(request)
        except BaseException:
            self._give_back(same, request.draw)
            raise

    def check(self) -> None:
        """Whether the LLM can be asked."""
        self._llm.check()

    def close(self) -> None:
        """Close the record, the cache and the LLM, and call off what threads still wait for."""
        with self._lock:
            self._over.set()
            if self._file:
                self._file.close()
        try:
            if self._cache:
                self._cache.close()
        finally:
            self._llm.close()

    def _answer(self, request: Request) -> Reply:
        key = self._llm.key(request)
        known = self._known.get(key)
        kept = known or (self._cache.get(key) if self._cache else None)
        if kept is None:
            return self._asked(key, request)
        self._llm.skip()
        reply = replace(kept, cached=True)
        with self._lock:
            self._note(Exchange(key, self._llm.name, request, reply), new=known is None)
        return reply

    def _asked(self, key: str, request: Request) -> Reply:
        self._require_online()
        with self._lock:
            had = self._ledger + Ledger.of_replies(self._unread.values())
            self._limits.check(had, self._under_way)
            self._under_way += 1
        try:
            exchange = Exchange(key, self._llm.name, request, self._llm.complete(request))
        except BaseException:
            with self._lock:
                self._under_way -= 1
            raise
        try:
            with self._lock:  # at once, so that no other thread counts it twice or not at all
                self._under_way -= 1
                self._note(exchange, new=True)
        finally:
            if self._cache:
                self._cache.put(exchange)
        return exchange.reply

    def _require_online(self) -> None:
        if self._offline:
            raise UserError(
                f"Offline, and nothing recorded answers this: {self.name} would have to be asked. "
                "Leave --offline (offline=true) out, or replay a recording with llm=replay."
            )

    def _note(self, exchange: Exchange, *, new: bool) -> None:
        """Remember an exchange. The lock must be held."""
        self._unread.pop(exchange.key, None)
        self._recent.append(exchange)
        self._ledger += Ledger.of([exchange])  # first: it is paid, also if the disk is full
        if new and self._file:
            self._file.append(exchange)

    def _give_back(self, same: str, draw: int) -> None:
        """A draw that failed is the next one's again, as it will be when the run is resumed."""
        with self._lock:
            if self._draws[same] == draw + 1:
                self._draws[same] = draw
