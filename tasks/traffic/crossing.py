"""The crossing (App. H.3) as a UXsim world, for either of UXsim's engines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from trace_core import UserError

from .demand import DURATION_S, SLOT_S, Demand

Engine = Literal["python", "cpp"]
PLACES = {"W1": (-1, 0), "E1": (1, 0), "N1": (0, 1), "S1": (0, -1)}
CENTRE = "I1"
PHASE = {"W1": 0, "E1": 0, "N1": 1, "S1": 1}
"""Which of the two green times an approach has: EW or NS."""
LENGTH_M, FREE_FLOW_M_PER_S, JAM_VEHICLES_PER_M, REACTION_S = 500, 10, 0.2, 1
FREE_FLOW_S = 2 * LENGTH_M / FREE_FLOW_M_PER_S
"""From any end to any other on an empty road."""
MINIMUM_VEHICLES = 0.999
"""A slot with fewer yields no vehicle (UXsim counts whole ones): 1456 of 2995 remain, as in the
published setup. Slots are left out only where that is beyond doubt."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """All that decides a simulation: green times in seconds, demand, and who computes."""

    ew_green: int
    ns_green: int
    demand: Demand
    engine: Engine

    def __repr__(self) -> str:
        """Say what the traced value is, not how it is stored."""
        return f"crossing with {self.ew_green} s green for EW, then {self.ns_green} s for NS"


def build(crossing: Crossing) -> Any:
    """Make the UXsim world. Call it within `quiet`."""
    world = _world(crossing.engine)
    for name, (x, y) in PLACES.items():
        world.addNode(name, x, y)
    world.addNode(CENTRE, 0, 0, signal=[crossing.ew_green, crossing.ns_green])
    for name in PLACES:
        for start, end in ((name, CENTRE), (CENTRE, name)):
            _add_link(world, start, end, PHASE[name])
    _add_demand(world, crossing.demand)
    return world


def approach(world: Any, end: str) -> Any:
    """The link from an outer node to the signal."""
    return world.get_link(f"{end}-{CENTRE}")


def _world(engine: Engine) -> Any:
    choice = {"cpp": True} if engine == "cpp" else {}
    return uxsim().World(
        name="crossing",
        deltan=1,
        reaction_time=REACTION_S,
        tmax=DURATION_S,
        random_seed=0,
        duo_update_time=120,
        print_mode=0,
        save_mode=0,
        show_mode=0,
        # No trajectories: the same trips in a quarter (cpp) or two thirds (python) of the time.
        vehicle_logging_timestep_interval=-1,
        **choice,
    )


def _add_link(world: Any, start: str, end: str, phase: int) -> None:
    world.addLink(
        f"{start}-{end}",
        start,
        end,
        length=LENGTH_M,
        free_flow_speed=FREE_FLOW_M_PER_S,
        jam_density=JAM_VEHICLES_PER_M,
        signal_group=phase,
    )


def _add_demand(world: Any, demand: Demand) -> None:
    # UXsim's decorator inspects the signature at every call: five times the cost of the call.
    add = type(world).adddemand.__wrapped__
    for flow in demand.flows():
        if flow.rate * SLOT_S >= MINIMUM_VEHICLES:
            end = flow.start_s + SLOT_S
            add(world, flow.origin, flow.destination, flow.start_s, end, flow.rate)


@contextmanager
def quiet() -> Iterator[None]:
    """Hide UXsim's warning about demand smaller than one vehicle: it is the published setup."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@cache
def uxsim() -> Any:
    """Import UXsim; importing it changes the process's warning filters, which is undone.

    Raises:
        UserError: it is not installed.
    """
    import warnings

    try:
        with warnings.catch_warnings():
            import uxsim as package
    except ImportError as error:
        raise UserError("traffic needs uxsim: pip install 'trace-bench[traffic]'") from error
    return package
