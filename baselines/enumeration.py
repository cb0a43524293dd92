"""Reference policy: fires at all squares in order, the paper's baseline. The task implements it."""

from __future__ import annotations

from typing import ClassVar

from trace_core.optimizers import FixedPolicy
from trace_core.opto import policy


class Enumeration(FixedPolicy):
    """A fixed policy, so a flat line: fires at all squares in order, the paper's baseline."""

    policy_name: ClassVar[str] = "enumeration"
    needs: ClassVar[frozenset[str]] = frozenset({policy("enumeration")})
