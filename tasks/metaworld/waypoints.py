"""A hand-written controller with nine numbers open: what classical search is tried on.

The structure is a person's and holds what the LLM has to find out: that there are stages, and which
part of the state each of them looks at. That makes it a yardstick for the numbers, not a rival.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from trace_core import ParameterNode, bundle, node
from trace_core.opto import Interval

GAIN, PART_M, EFFORT = Interval(0.0, 2.0), Interval(0.01, 0.3), Interval(-1.0, 1.0)
BOUNDS: Mapping[str, Interval] = {
    "over_gain": GAIN,  # how much of the way to its waypoint a step takes
    "down_gain": GAIN,
    "carry_gain": GAIN,
    "near": PART_M,  # seen from above, how close the hand must be before it goes down
    "low": PART_M,  # how close in height before it goes on to the goal
    "hover": Interval(0.0, 0.3),  # metres above the object: the first waypoint
    "depth": Interval(-0.05, 0.1),  # and the second
    "grip_before": EFFORT,  # of the gripper, before it goes down
    "grip_after": EFFORT,
}
START = {
    **dict.fromkeys(BOUNDS, 0.0),
    **dict.fromkeys(("near", "low", "hover"), 0.1),
}
"""Without gains the hand stays where it is: the start that all optimizers have."""
HAND, GOAL = "hand_pos", "goal_pos"


def numbers() -> tuple[ParameterNode[float], ...]:
    """New parameters, at their start."""
    return tuple(
        node(START[name], name=name, trainable=True, constraint=f"{i.low:g} to {i.high:g}")
        for name, i in BOUNDS.items()
    )


@bundle()
def steer(
    obs: Mapping[str, Sequence[float]],
    over_gain: float,
    down_gain: float,
    carry_gain: float,
    near: float,
    low: float,
    hover: float,
    depth: float,
    grip_before: float,
    grip_after: float,
) -> list[float]:
    """Move over the object, then down to it, then on to the goal, in relative coordinates."""
    hand, thing, goal = _landmarks(obs)
    if math.dist(hand[:2], thing[:2]) > near:
        return [*_part(over_gain, hand, thing, hover), grip_before]
    if abs(hand[2] - thing[2]) > low:
        return [*_part(down_gain, hand, thing, depth), grip_after]
    return [*_part(carry_gain, hand, goal, 0.0), grip_after]


def _part(gain: float, hand: Any, place: Any, above: float) -> list[float]:
    """So much of the way from the hand to a place above another."""
    x, y, z = place
    return [gain * (there - here) for here, there in zip(hand, (x, y, z + above), strict=True)]


def _landmarks(obs: Mapping[str, Sequence[float]]) -> tuple[Any, Any, Any]:
    """Hand, object and goal; where a task has no such field, its last place stands for the goal."""
    places = [value for name, value in obs.items() if len(value) == 3 and name != HAND]
    if not places:
        return obs[HAND], obs[HAND], obs[HAND]
    return obs[HAND], places[0], obs.get(GOAL, places[-1])
