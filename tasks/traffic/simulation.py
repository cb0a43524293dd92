"""Runs a crossing, once: simulations are deterministic and remembered by what decides them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations
from threading import Lock
from typing import Any

from . import scats
from .crossing import Crossing, build, quiet
from .demand import ENDS

ONE_AT_A_TIME = Lock()
"""Warning filters belong to the process: two simulations must not change them at once."""
REMEMBERED = 100_000
"""Simulations, of about 2 kB each."""


@dataclass(frozen=True, slots=True)
class Trips:
    """The trips from one end to another.

    Attributes:
        wanted: vehicles that set out.
        times_s: travel times of those that have arrived when the simulation ends.
    """

    origin: str
    destination: str
    wanted: int
    times_s: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a simulation was observed to do: the trips of all twelve pairs of ends."""

    pairs: tuple[Trips, ...]

    def __repr__(self) -> str:
        """Say what the traced value is, not how it is stored."""
        wanted = sum(pair.wanted for pair in self.pairs)
        arrived = sum(len(pair.times_s) for pair in self.pairs)
        return f"{wanted} vehicles, of which {arrived} have arrived"


Controller = Callable[[Any, Crossing], None]
"""Runs a finalized world to its end and may change its signal on the way."""
CONTROLLERS: Mapping[str, Controller] = {scats.NAME: scats.control}


def simulate(crossing: Crossing, controller: str | None = None) -> Traffic:
    """The trips of a crossing whose green times are fixed, or set by a controller."""
    with ONE_AT_A_TIME:
        return _simulate(crossing, controller)


@lru_cache(maxsize=REMEMBERED)
def _simulate(crossing: Crossing, controller: str | None) -> Traffic:
    return observe(run(crossing, controller))


def forget() -> None:
    """Simulate anew from now on: for measurements of time."""
    _simulate.cache_clear()


def run(crossing: Crossing, controller: str | None = None) -> Any:
    """Build a world and run it to its end."""
    with quiet():
        world = build(crossing)
        world.finalize_scenario()
        if controller is None:
            world.exec_simulation()
        else:
            CONTROLLERS[controller](world, crossing)
    return world


def observe(world: Any) -> Traffic:
    """Read the trips of a world that has been run."""
    wanted: dict[tuple[str, str], int] = defaultdict(int)
    times: dict[tuple[str, str], list[float]] = defaultdict(list)
    for vehicle in world.VEHICLES.values():
        pair = (vehicle.orig.name, vehicle.dest.name)
        wanted[pair] += 1
        if vehicle.travel_time != -1:
            times[pair].append(float(vehicle.travel_time))
    return Traffic(tuple(Trips(*p, wanted[p], tuple(times[p])) for p in permutations(ENDS, 2)))
