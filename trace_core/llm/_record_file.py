"""An append-only file of exchanges, one JSON object a line."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from trace_core._errors import UserError

from ._canonical import canonical
from ._exchange import Exchange


class RecordFile:
    """Exchanges on disk. A line without its end is a torn write: it is dropped, nothing else is.

    The file appears with the first exchange, so a run that asks no LLM has none.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stream: BinaryIO | None = None
        self._whole_bytes = 0
        self._seen_bytes: int | None = 0
        self._is_closed = False

    def read(self) -> Iterator[Exchange]:
        """All that was recorded, in order.

        Raises:
            UserError: a line is damaged, or was written by another version.
        """
        if not self._path.exists():
            return
        with self._path.open("rb") as stream:
            for number, line in enumerate(stream, 1):
                self._seen_bytes = self._whole_bytes + len(line)
                if not line.endswith(b"\n"):
                    return
                self._whole_bytes += len(line)
                yield self._parse(line, number)

    def append(self, exchange: Exchange) -> None:
        """Write a line and hand it to the operating system, where a `kill -9` cannot reach it.

        After `close` it does nothing: the file may be another process's by then.

        Raises:
            UserError: it cannot be written, or somebody else has written to it.
        """
        if self._is_closed:
            return
        line = canonical(exchange.as_json()).encode() + b"\n"
        try:
            stream = self._opened()
            stream.write(line)
            stream.flush()
        except OSError as error:
            self._let_go()
            self._seen_bytes = None  # a part of the line may be there: the next one replaces it
            raise UserError(
                f"Cannot record an answer in {self._path}: {error.strerror or error}. "
                "What was recorded is kept: mend that, and run again to go on from there."
            ) from error
        self._whole_bytes += len(line)

    def close(self) -> None:
        """Close the file for good."""
        self._is_closed = True
        self._let_go()

    def _opened(self) -> BinaryIO:
        if self._stream is None:
            self._stream = self._path.open("ab")
            if self._seen_bytes not in (None, self._stream.tell()):
                self._let_go()
                raise UserError(
                    f"{self._path} has been written by somebody else since it was read: "
                    "give every recorder a file of its own."
                )
            self._stream.truncate(self._whole_bytes)
        return self._stream

    def _let_go(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            with contextlib.suppress(OSError):  # what it could not write is told already
                stream.close()

    def _parse(self, line: bytes, number: int) -> Exchange:
        try:
            return Exchange.from_json(json.loads(line))
        except (ValueError, KeyError, TypeError):
            raise UserError(
                f"{self._path} line {number} is damaged or was written by another version: "
                "delete the run's folder to start it anew."
            ) from None
