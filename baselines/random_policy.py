"""Reference policy: fires anywhere. The task implements it."""

from __future__ import annotations

from typing import ClassVar

from trace_core.optimizers import FixedPolicy
from trace_core.opto import policy


class RandomPolicy(FixedPolicy):
    """A fixed policy, so a flat line: fires anywhere."""

    policy_name: ClassVar[str] = "random_policy"
    needs: ClassVar[frozenset[str]] = frozenset({policy("random_policy")})
