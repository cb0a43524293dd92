"""Which subsets there are, and which words stand for several of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from trace_core import UserError

from .data import files
from .generated import KINDS

GENERATED = "generated/"
PUBLISHED = tuple(files())
MADE_UP = tuple(GENERATED + kind for kind in KINDS)
GROUPS: Mapping[str, Sequence[str]] = {
    "nlp": tuple(f.name for f in files().values() if f.group == "nlp"),
    "algorithmic": tuple(f.name for f in files().values() if f.group == "algorithmic"),
    "all": PUBLISHED,
    "generated": MADE_UP,
}


def require_known(subset: str) -> None:
    """Raise a `UserError` that says what was probably meant, unless there is such a subset."""
    known = (*PUBLISHED, *MADE_UP)
    if subset in GROUPS:
        raise UserError(
            f"subset={subset!r} stands for {len(GROUPS[subset])} subsets: a task has one of them."
        )
    if subset not in known:
        near = get_close_matches(subset, (*known, *GROUPS), n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise UserError(
            f"There is no subset {subset!r}.{hint} There are {', '.join((*GROUPS, *known))}."
        )
