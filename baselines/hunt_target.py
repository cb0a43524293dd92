"""Reference policy: fires beside hits, else anywhere. The task implements it."""

from __future__ import annotations

from typing import ClassVar

from trace_core.optimizers import FixedPolicy
from trace_core.opto import policy


class HuntTarget(FixedPolicy):
    """A fixed policy, so a flat line: fires beside hits, else anywhere."""

    policy_name: ClassVar[str] = "hunt_target"
    needs: ClassVar[frozenset[str]] = frozenset({policy("hunt_target")})
