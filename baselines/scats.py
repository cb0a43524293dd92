"""SCATS: adaptive traffic signals, the heuristic in the paper's Fig. 5b. The task implements it."""

from __future__ import annotations

from typing import ClassVar

from trace_core.optimizers import FixedPolicy
from trace_core.opto import policy


class Scats(FixedPolicy):
    """Lets the task's SCATS controller set the green times: a flat line, for it learns nothing."""

    policy_name: ClassVar[str] = "scats"
    needs: ClassVar[frozenset[str]] = frozenset({policy("scats")})
