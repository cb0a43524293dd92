"""From trips to one number: the delay per vehicle and how unevenly it is spread (App. H.3)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from .crossing import FREE_FLOW_S, PHASE
from .demand import DURATION_S, ENDS
from .simulation import Traffic, Trips

Rule = Literal["paper", "corrected"]


@dataclass(frozen=True, slots=True)
class Analysis:
    """What an engineer would ask of a simulation; delays in seconds per vehicle.

    Attributes:
        score: `mean_delay` + `spread`.
        spread: standard deviation of the delay over the pairs of ends, weighted by vehicles.
        by_approach: mean delay of those who come from W1, E1, N1, S1.
        unfinished: vehicles that were still on their way at the end, by approach.
    """

    score: float
    mean_delay: float
    spread: float
    by_approach: dict[str, float]
    unfinished: dict[str, int]

    def as_dict(self) -> dict[str, object]:
        """Names that a reader of the trace understands, numbers with a tenth of a second."""
        ew = [end for end in ENDS if PHASE[end] == 0]
        return {
            "overall_score": round(self.score, 4),
            "mean_delay_s_per_vehicle": round(self.mean_delay, 1),
            "spread_of_delay_s": round(self.spread, 1),
            "delay_s_by_approach": {
                f"from {end} ({'EW' if end in ew else 'NS'} green)": round(delay, 1)
                for end, delay in self.by_approach.items()
            },
            "vehicles_not_arrived_by_approach": self.unfinished,
        }


def analyse(traffic: Traffic, rule: Rule) -> Analysis:
    """Score a simulation.

    A pair's time lost is what its completed trips took beyond free flow, plus, for each trip that
    is not counted as completed, the longest completed trip's loss and a second. Where no trip was
    completed, the whole simulated time stands for the longest, so that gridlock has a finite, bad
    score. Each pair's loss is divided by its vehicles.

    Args:
        traffic: the trips.
        rule: who counts as completed. "corrected" counts the pair's completed trips. "paper" is
            what the published code does: the number of pairs with a completed trip (12) stands in
            that place, surely by mistake, so that nearly all trips pay the longest trip's loss
            too. It ranks green times by their worst trips; the paper's numbers are of this kind.
    """
    counted = sum(bool(pair.times_s) for pair in traffic.pairs)
    used = [pair for pair in traffic.pairs if pair.wanted]
    lost = {
        (pair.origin, pair.destination): _lost_s(pair, counted if rule == "paper" else None)
        for pair in used
    }

    def delay(pairs: Sequence[Trips]) -> float:
        vehicles = sum(pair.wanted for pair in pairs)
        return sum(lost[p.origin, p.destination] for p in pairs) / vehicles if vehicles else 0.0

    mean = delay(used)
    spread = _spread(used, lambda pair: delay([pair]), mean)
    return Analysis(
        score=mean + spread,
        mean_delay=mean,
        spread=spread,
        by_approach={end: delay([p for p in used if p.origin == end]) for end in ENDS},
        unfinished={
            end: sum(p.wanted - len(p.times_s) for p in used if p.origin == end) for end in ENDS
        },
    )


def _lost_s(pair: Trips, completed: int | None) -> float:
    """Seconds lost by all trips of a pair; `completed` is the number that counts as such."""
    if completed is None:
        completed = len(pair.times_s)
    longest = max(pair.times_s, default=DURATION_S)
    of_completed = math.fsum(pair.times_s) - len(pair.times_s) * FREE_FLOW_S
    return of_completed + (pair.wanted - completed) * (longest + 1 - FREE_FLOW_S)


def _spread(pairs: Sequence[Trips], delay: Callable[[Trips], float], mean: float) -> float:
    vehicles = sum(pair.wanted for pair in pairs)
    if not vehicles:
        return 0.0
    return math.sqrt(sum(p.wanted * (delay(p) - mean) ** 2 for p in pairs) / vehicles)
