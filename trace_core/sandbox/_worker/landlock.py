"""Landlock: no files but those below some folders, for reading only; no TCP, no signals."""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Sequence
from typing import Any

CREATE, ADD, RESTRICT = 444, 445, 446
BY_PATH = 1
OLDEST = 3
"""The first version that keeps files from being truncated."""
READ_FILE, READ_DIR = 1 << 2, 1 << 3


def version(libc: Any) -> int:
    """The kernel's version of Landlock; 0 or less where there is none."""
    return int(libc.syscall(CREATE, None, 0, 1))


def lock(libc: Any, readable: Sequence[str]) -> None:
    """Forbid everything to this process and its children but reading below `readable`.

    Raises:
        OSError: the kernel refused, or its Landlock is too old.
    """
    found = version(libc)
    if found < OLDEST:
        raise OSError(f"Landlock {OLDEST} is needed (Linux 6.2), this kernel has {max(found, 0)}")
    attributes = _everything(found)
    rules = _checked(libc.syscall(CREATE, attributes, len(attributes), 0))
    for path in readable:
        _allow(libc, rules, path)
    _checked(libc.syscall(RESTRICT, rules, 0))
    os.close(rules)


def _everything(found: int) -> bytes:
    """What the rules govern: files, TCP (from 4), abstract sockets and signals (from 6)."""
    files = (1 << (16 if found >= 5 else 15)) - 1
    attributes = struct.pack("QQQ", files, 3, 3)
    return attributes[: 8 if found < 4 else 16 if found < 6 else 24]


def _allow(libc: Any, rules: int, path: str) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    rights = READ_FILE | (READ_DIR if stat.S_ISDIR(os.fstat(place).st_mode) else 0)
    try:
        _checked(libc.syscall(ADD, rules, BY_PATH, struct.pack("=Qi", rights, place), 0))
    finally:
        os.close(place)


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), "Landlock was refused")
    return int(result)
