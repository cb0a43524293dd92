"""Reference policies: lines in the paper's figures that learn nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from trace_core.opto import Problem

from ._base import Optimizer, Step


class FixedPolicy(Optimizer):
    """Evaluates a policy that the task offers, iteration after iteration, and changes nothing.

    A subclass gives `policy_name`, and in `needs` the capability `opto.policy(NAME)`.
    """

    policy_name: ClassVar[str]

    def fit(self, problem: Problem, budget: int) -> Iterator[Step]:
        """Run the usual loop on the trial with the policy in charge."""
        yield from super().fit(problem.under_policy(self.policy_name), budget)

    def step(self) -> dict[str, Any]:
        """Learn nothing."""
        entry: dict[str, Any] = {"policy": self.policy_name}
        self.log.append(entry)
        return entry
