"""Reference policy: the scripted policy of Meta-World. The task implements it."""

from __future__ import annotations

from typing import ClassVar

from trace_core.optimizers import FixedPolicy
from trace_core.opto import policy


class Expert(FixedPolicy):
    """A fixed policy, so a flat line: the scripted policy of Meta-World."""

    policy_name: ClassVar[str] = "expert"
    needs: ClassVar[frozenset[str]] = frozenset({policy("expert")})
