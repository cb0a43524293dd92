"""JSON with one spelling for each value, and numbers drawn from it: the same in every process."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical(value: Any) -> str:
    """Sorted keys, no spaces, ASCII only: lone surrogates in a text cannot break a file."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def digest(value: Any) -> str:
    """SHA-256 of the canonical text, in hexadecimal."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def derived_seed(*parts: Any) -> int:
    """A whole number below 2**31, which every server's `seed` can hold."""
    return int(digest(parts)[:8], 16) & 0x7FFF_FFFF
