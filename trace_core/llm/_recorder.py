"""A run's view of its LLM: every exchange recorded, none paid twice."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from ._canonical import digest
from ._exchange import Exchange, Ledger
from ._protocol import LLM, Reply, Request
from ._record_file import RecordFile


class Recorder(LLM):
    """Passes requests of one run on to `llm`, and remembers the answers in a file.

    A run that was interrupted starts from its beginning with the same file: what it asked before
    is answered from there, so it continues as it would have. A failure is never recorded.

    Args:
        llm: who answers.
        path: the record, usually `llm.jsonl` in the run's folder; None keeps it in memory.
        seed: the run's, so that no two seeds share a sampled answer.

    Raises:
        UserError: the record is damaged.
    """

    def __init__(self, llm: LLM, path: Path | None = None, *, seed: int = 0) -> None:
        self._llm, self._seed = llm, seed
        self._file = RecordFile(path) if path else None
        self._known = {e.key: e.reply for e in self._file.read()} if self._file else {}
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

    @property
    def ledger(self) -> Ledger:
        """The sum of all exchanges so far."""
        with self._lock:
            return self._ledger

    def take(self) -> tuple[Exchange, ...]:
        """What happened since the last `take`; `Ledger.of` sums it up."""
        with self._lock:
            taken, self._recent = tuple(self._recent), []
        return taken

    def complete(self, request: Request) -> Reply:
        """The recorded answer to this draw of the request, else the LLM's."""
        request = replace(request, seed=self._seed, draw=0)
        same = digest(request.as_json())
        with self._lock:
            request = replace(request, draw=self._draws[same])
            self._draws[same] += 1
        try:
            return self._answer(request)
        except BaseException:
            self._give_back(same, request.draw)
            raise

    def check(self) -> None:
        """Whether the LLM can be asked."""
        self._llm.check()

    def close(self) -> None:
        """Close the record and the LLM."""
        if self._file:
            self._file.close()
        self._llm.close()

    def _answer(self, request: Request) -> Reply:
        key = digest([self._llm.name, self._llm.settings(), request.as_json()])
        known = self._known.get(key)
        if known is None:
            reply = self._llm.complete(request)
        else:
            reply = replace(known, cached=True)
            self._llm.skip()
        self._note(Exchange(key, self._llm.name, request, reply), new=known is None)
        return reply

    def _note(self, exchange: Exchange, *, new: bool) -> None:
        with self._lock:
            if new and self._file:
                self._file.append(exchange)
            self._recent.append(exchange)
            self._ledger += Ledger.of([exchange])

    def _give_back(self, same: str, draw: int) -> None:
        """A draw that failed is the next one's again, as it will be when the run is resumed."""
        with self._lock:
            if self._draws[same] == draw + 1:
                self._draws[same] = draw
