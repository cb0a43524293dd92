"""An append-only file of exchanges, one JSON object a line."""

from __future__ import annotations

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
                if not line.endswith(b"\n"):
                    return
                self._whole_bytes += len(line)
                yield self._parse(line, number)

    def append(self, exchange: Exchange) -> None:
        """Write a line and hand it to the operating system, where a `kill -9` cannot reach it.

        After `close` it does nothing: the file may be another process's by then.
        """
        if self._is_closed:
            return
        if self._stream is None:
            self._stream = self._path.open("ab")
            self._stream.truncate(self._whole_bytes)
        self._stream.write(canonical(exchange.as_json()).encode() + b"\n")
        self._stream.flush()

    def close(self) -> None:
        """Close the file for good."""
        self._is_closed = True
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _parse(self, line: bytes, number: int) -> Exchange:
        try:
            return Exchange.from_json(json.loads(line))
        except (ValueError, KeyError, TypeError):
            raise UserError(
                f"{self._path} line {number} is damaged or was written by another version: "
                "delete the run's folder to start it anew."
            ) from None
