"""What a person probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(name: str, allowed: Iterable[str]) -> str:
    """Return " Did you mean 'adam'?" if something allowed resembles `name`, else nothing."""
    near = difflib.get_close_matches(name, sorted(allowed), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


def listed(names: Iterable[str]) -> str:
    """Return the names in order with commas, or "nothing"."""
    return ", ".join(sorted(names)) or "nothing"
