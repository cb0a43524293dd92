"""Reference policy: fires where most places for ships overlap. The task implements it."""

from __future__ import annotations

from typing import ClassVar

from trace_core.optimizers import FixedPolicy
from trace_core.opto import policy


class ProbabilityDensity(FixedPolicy):
    """A fixed policy, so a flat line: fires where most places for ships overlap."""

    policy_name: ClassVar[str] = "probability_density"
    needs: ClassVar[frozenset[str]] = frozenset({policy("probability_density")})
