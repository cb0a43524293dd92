"""Answers shared by runs and processes: an SQLite file that holds JSON text and nothing else."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trace_core._errors import UserError

from ._canonical import canonical
from ._exchange import Exchange
from ._protocol import Reply

SCHEMA = 1
PATIENCE_S = 60.0
"""How long a process waits for another one that writes."""


class AnswerCache:
    """Exchanges by their key: the LLM, its settings, the whole request, seed and draw.

    Safe for threads and processes; an answer that two of them asked for at once is kept once.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connections: dict[int, sqlite3.Connection] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> Reply | None:
        """The answer with that key.

        Raises:
            UserError: the file cannot be used.
        """
        with self._used() as connection:
            rows = connection.execute("SELECT exchange FROM answers WHERE key = ?", (key,))
            found = rows.fetchone()
            return Exchange.from_json(json.loads(found[0])).reply if found else None

    def put(self, exchange: Exchange) -> None:
        """Keep an answer.

        Raises:
            UserError: the file cannot be used.
        """
        line = canonical(exchange.as_json())
        with self._used() as connection, connection:
            connection.execute("INSERT OR IGNORE INTO answers VALUES (?, ?)", (exchange.key, line))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            connection = self._connections.pop(os.getpid(), None)
            if connection is not None:
                connection.close()

    @contextmanager
    def _used(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._lock:
                yield self._connection()
        except (sqlite3.Error, OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(
                f"Cannot use the cache {self._path} ({error}): choose another with llm.cache=FILE, "
                "or delete it."
            ) from None

    def _connection(self) -> sqlite3.Connection:
        process = os.getpid()  # a fork must not use its parent's connection
        if process not in self._connections:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._connections[process] = _patiently_opened(self._path)
        return self._connections[process]


def _patiently_opened(path: Path) -> sqlite3.Connection:
    """Open, again while others do: SQLite does not wait by itself when it turns to WAL."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return _opened(path)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=PATIENCE_S, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version not in (0, SCHEMA):
            raise ValueError(f"it has the form {version}, and this version knows {SCHEMA}")
        with connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, exchange TEXT NOT NULL)"
            )
            connection.execute(f"PRAGMA user_version={SCHEMA}")
    except BaseException:
        connection.close()
        raise
    return connection
