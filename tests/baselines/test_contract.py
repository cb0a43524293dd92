"""The contract catches optimizers that break it."""

from typing import Any

import numpy as np
import pytest

from trace_bench.baselines.random_search import RandomSearch
from trace_core.optimizers import Optimizer
from trace_core.opto import Outcome, Problem

from .contract import OptimizerContract


class Peeking(RandomSearch):
    def propagate(self, outcome: Outcome, **options: Any) -> None:
        assert outcome.score is not None


class Unseeded(RandomSearch):
    def step(self) -> dict[str, Any]:
        self._rng = np.random.default_rng()
        return super().step()


class Global(RandomSearch):
    def step(self) -> dict[str, Any]:
        np.random.random()
        return super().step()


class Greedy(RandomSearch):
    needs = frozenset()

    @classmethod
    def for_problem(cls, problem: Problem, **settings: Any) -> Optimizer:
        return super().for_problem(problem, **settings)


class Silent(RandomSearch):
    def step(self) -> dict[str, Any]:
        super().step()
        return {"rng": self._rng}


C = OptimizerContract


@pytest.mark.parametrize(
    ("offender", "check"),
    [
        (Peeking, C.test_it_reads_only_what_it_declares),
        (Greedy, C.test_it_reads_only_what_it_declares),
        (Unseeded, C.test_same_seed_same_proposals),
        (Global, C.test_global_random_state_is_left_alone),
        (Silent, C.test_a_step_is_described_as_json_and_kept),
    ],
)
def test_an_offender_is_caught(offender: type[Optimizer], check: Any) -> None:
    subject = type("Subject", (OptimizerContract,), {"optimizer": offender})()
    with pytest.raises((AssertionError, TypeError)):
        check(subject)
