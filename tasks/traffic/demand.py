"""Who wants to drive from where to where, and when: one draw a trial."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations

ENDS = ("W1", "E1", "N1", "S1")
"""The outer nodes, in the order in which the published example lists them: it decides the draw."""
DURATION_S = 1800
SLOT_S = 6
LARGEST_FLOW = 0.25
"""Vehicles a second, for each ordered pair of ends."""
RUSH_FLOW = 0.25
"""Added from W1 to E1 in the first third of the time and from E1 to W1 in the last third."""
RUSH_HOURS = {("W1", "E1"): (0, DURATION_S // 3), ("E1", "W1"): (2 * DURATION_S // 3, DURATION_S)}
PUBLISHED_SEED = 42


@dataclass(frozen=True, slots=True)
class Flow:
    """Vehicles a second from one end to another during the slot that begins at `start_s`."""

    origin: str
    destination: str
    start_s: int
    rate: float


@dataclass(frozen=True, slots=True)
class Demand:
    """The demand that NumPy's legacy generator draws from `seed`.

    >>> Demand.of_trial(0), Demand.of_trial(3)
    (Demand(seed=42), Demand(seed=2))
    """

    seed: int

    @classmethod
    def of_trial(cls, trial: int) -> Demand:
        """The published draw is trial 0; trial i > 0 is the draw of seed i - 1."""
        return cls(PUBLISHED_SEED if trial == 0 else trial - 1)

    def flows(self) -> tuple[Flow, ...]:
        """All flows, pair by pair."""
        return _flows(self.seed)


@lru_cache(maxsize=64)
def _flows(seed: int) -> tuple[Flow, ...]:
    return tuple(_draw(seed))


def _draw(seed: int) -> Iterator[Flow]:
    import numpy as np

    rng = np.random.RandomState(seed)  # the published numbers come from the legacy generator
    for pair in permutations(ENDS, 2):
        begin, end = RUSH_HOURS.get(pair, (0, 0))
        for start in range(0, DURATION_S, SLOT_S):
            rush = RUSH_FLOW if begin <= start < end else 0.0
            yield Flow(*pair, start, float(rng.uniform(0, LARGEST_FLOW)) + rush)
