"""Reference policy: does nothing. The task implements it."""

from __future__ import annotations

from typing import ClassVar

from trace_core.optimizers import FixedPolicy
from trace_core.opto import policy


class ZeroController(FixedPolicy):
    """A fixed policy, so a flat line: does nothing."""

    policy_name: ClassVar[str] = "zero_controller"
    needs: ClassVar[frozenset[str]] = frozenset({policy("zero_controller")})
