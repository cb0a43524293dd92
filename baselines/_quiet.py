"""Keeping libraries that print and log from writing over our own output."""

from __future__ import annotations

import io
import logging
import sys
import threading
from types import TracebackType

LOGGERS = ("dspy", "optuna")


class _Nowhere(io.TextIOBase):
    def write(self, text: str) -> int:
        return len(text)


class Quiet:
    """A context without stdout, stderr and the libraries' log. Threads may enter it at once.

    The first one in silences, the last one out restores: `contextlib.redirect_stdout` by itself
    would restore what another thread had put there. Whoever holds the stream itself, as our
    progress bar does, can still write to it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._streams = sys.stdout, sys.stderr
        self._levels: dict[str, int] = {}

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._streams = sys.stdout, sys.stderr
                sys.stdout = sys.stderr = _Nowhere()
                for name in LOGGERS:
                    logger = logging.getLogger(name)
                    self._levels[name] = logger.level
                    logger.setLevel(logging.CRITICAL)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                sys.stdout, sys.stderr = self._streams
                for name, level in self._levels.items():
                    logging.getLogger(name).setLevel(level)


quiet = Quiet()
