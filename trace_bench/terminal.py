"""The two streams: results on stdout, everything else on stderr."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console

from .plain import plain

WIDTH_OF_A_FILE = 160
"""Columns of a table that no terminal limits."""


def results(width: int = WIDTH_OF_A_FILE) -> Console:
    """Return stdout; a pipe or a file gets plain text of this width."""
    return _console(None if sys.stdout.isatty() else width)


def messages() -> Console:
    """Return stderr."""
    return _console(None, stderr=True)


def _console(width: int | None, *, stderr: bool = False) -> Console:
    # Texts come from configs and LLMs: "[numerical]" is no markup, ":warning:" no picture.
    # The stream itself: a library that is kept quiet meanwhile must not silence this.
    file = sys.stderr if stderr else sys.stdout
    return Console(width=width, file=file, highlight=False, emoji=False, markup=False)


def print_json(data: Any) -> None:
    """Write one JSON document to stdout; numbers that JSON lacks become text."""
    json.dump(plain(data), sys.stdout, indent=2, ensure_ascii=False, allow_nan=False)
    sys.stdout.write("\n")
