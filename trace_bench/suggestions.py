"""What a person probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(name: str, allowed: Iterable[str]) -> str:
    """Return " Did you mean 'adam'?" if something allowed resembles `name`, else nothing.

    Of dotted names, only what follows their common group is compared; names may be abbreviated.
    """
    group = "".join(name.rpartition(".")[:2])
    known = {each.removeprefix(group).casefold(): each for each in sorted(allowed)}
    wanted = name.removeprefix(group).casefold()
    near = difflib.get_close_matches(wanted, known, n=1)
    near = near or [each for each in known if wanted and each.startswith(wanted)][:1]
    return f" Did you mean {known[near[0]]!r}?" if near else ""


def listed(names: Iterable[str]) -> str:
    """Return the names in order with commas, or "nothing"."""
    return ", ".join(sorted(names)) or "nothing"
