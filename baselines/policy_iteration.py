"""Reference policy: the optimum of a decision process, by dynamic programming in the task."""

from __future__ import annotations

from typing import ClassVar

from trace_core.optimizers import FixedPolicy
from trace_core.opto import policy


class PolicyIteration(FixedPolicy):
    """A fixed policy, so a flat line: what who knows the transitions would do, the optimum."""

    policy_name: ClassVar[str] = "policy_iteration"
    needs: ClassVar[frozenset[str]] = frozenset({policy("policy_iteration")})
