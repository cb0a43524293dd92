"""Processes that a test did not start itself, and that have to end."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

PATIENCE_S = 30


def until(holds: Callable[[], object], otherwise: str) -> None:
    """Wait for something that happens elsewhere."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.02)


def require_ended(pid: int) -> None:
    """Wait for the end of a process that nobody may have waited for."""
    until(lambda: not _lives(pid), "it outlived the process that started it")


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
