"""SCATS, the paper's heuristic from the literature, adapted to one crossing of two phases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .crossing import FREE_FLOW_M_PER_S, JAM_VEHICLES_PER_M, PHASE, REACTION_S, Crossing, approach
from .demand import DURATION_S
from .limits import LONGEST_S, SHORTEST_S

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME = "scats"
TARGET = 0.9
"""Degree of saturation at which the cycle length is kept."""
LARGEST_CYCLE_STEP_S = 6
LARGEST_SPLIT_STEP = 0.04
"""Of the cycle length; both for each cycle."""
SATURATION_HEADWAY_S = REACTION_S + 1 / (FREE_FLOW_M_PER_S * JAM_VEHICLES_PER_M)
"""Seconds between vehicles that leave a queue: the inverse of a link's capacity in UXsim, 1.5 s."""
PHASE_EXTRA_S = 1
"""A phase of UXsim's signal lasts its green time and one step."""


def control(world: Any, crossing: Crossing) -> None:
    """Run a finalized world cycle by cycle, with green times that follow the traffic.

    After Sims and Dobinson, "The Sydney Coordinated Adaptive Traffic (SCAT) system: philosophy and
    benefits", IEEE Trans. Vehicular Technology 29(2):130-137, 1980, and Lowrie, "The Sydney
    Coordinated Adaptive Traffic System: principles, methodology, algorithms", Int. Conf. on Road
    Traffic Signalling, London (IEE Conf. Publ. 207), 1982:

    * The degree of saturation DS of an approach is the green time that its vehicles used by the
      green time they were given; that of a phase is the larger of its approaches'.
    * The cycle length follows the largest DS, towards the length at which it is 0.9, by at
      most 6 s a cycle.
    * The split follows the vehicles, towards equal DS in both phases, by at most 4 % of the
      cycle a cycle.

    What is adapted: there is one crossing, so no offsets and no choice among stored plans; splits
    move freely instead of by votes for plans. Vehicles are points here, so that the "space time"
    of SCATS's loops is taken as what the counted vehicles left unused at saturation headway. Green
    times start at the common start and stay within the bounds that all optimizers have.

    It sees what stop-line detectors see: how many vehicles left each approach during a cycle.
    """
    greens = (crossing.ew_green, crossing.ns_green)
    counter = _Counter(world)
    while True:
        duration = sum(greens) + len(greens) * PHASE_EXTRA_S
        if world.T + duration >= DURATION_S:
            world.exec_simulation()
            return
        world.exec_simulation(duration_t2=duration)
        greens = adapt(greens, _saturation(greens, counter.count()))
        world.get_node("I1").signal = list(greens)


def adapt(greens: tuple[int, int], saturation: Sequence[float]) -> tuple[int, int]:
    """The next cycle's green times in whole seconds.

    Args:
        greens: this cycle's, in seconds.
        saturation: the degree of saturation of each phase.
    """
    cycle = sum(greens)
    wanted = cycle * max(saturation) / TARGET
    length = cycle + _limited(wanted - cycle, LARGEST_CYCLE_STEP_S)
    used = [green * ds for green, ds in zip(greens, saturation, strict=True)]
    share = greens[0] / cycle
    if sum(used):
        share += _limited(used[0] / sum(used) - share, LARGEST_SPLIT_STEP)
    return _bounded(length * share), _bounded(length * (1 - share))


def _saturation(greens: tuple[int, int], counts: dict[str, int]) -> list[float]:
    """DS of the EW and the NS phase from the vehicles that left each approach."""
    return [
        max(counts[end] for end in PHASE if PHASE[end] == phase)
        * SATURATION_HEADWAY_S
        / (green + PHASE_EXTRA_S)
        for phase, green in enumerate(greens)
    ]


def _limited(change: float, largest: float) -> float:
    return max(-largest, min(largest, change))


def _bounded(green: float) -> int:
    return max(SHORTEST_S, min(LONGEST_S, round(green)))


class _Counter:
    """Detectors at the stop lines."""

    def __init__(self, world: Any) -> None:
        self._world = world
        self._links = {end: approach(world, end) for end in PHASE}
        self._before = dict.fromkeys(PHASE, 0)

    def count(self) -> dict[str, int]:
        """Vehicles that left each approach since the last call."""
        last = self._world.T - 1
        now = {end: int(link.cum_departure[last]) for end, link in self._links.items()}
        found = {end: now[end] - self._before[end] for end in now}
        self._before = now
        return found
