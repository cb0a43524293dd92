"""Which actions are allowed: nothing else reaches the simulator."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from numbers import Real
from typing import Any

NAMES = ("x", "y", "z", "gripper")
FAR_M = 0.1
"""Targets may be a little beyond the box that the hand is moved in: the expert's are."""
WEAKEST, STRONGEST = -1.0, 1.0
"""Efforts of the gripper that the simulator has."""


def require_action(action: Any) -> list[float]:
    """Return x, y, z and gripper as floats.

    Args:
        action: anything: what code that a model wrote has returned.

    Raises:
        ValueError: it is not four finite numbers in a list, tuple or flat array.
    """
    import numpy as np

    values = action.tolist() if isinstance(action, np.ndarray) else action
    wrong = _what_is_wrong(values)
    if wrong:
        raise ValueError(f"an action must be [x, y, z, gripper], four finite numbers, not {wrong}")
    return [float(value) for value in values]


def clipped(
    target: Sequence[float], gripper: float, low: Sequence[float], high: Sequence[float]
) -> Iterator[str]:
    """Yield in words what the simulator can't follow: it moves the hand between two corners."""
    for name, value, least, most in zip(NAMES, target, low, high, strict=False):
        if not least - FAR_M <= value <= most + FAR_M:
            yield f"{name} {value:.4g} to {min(max(value, least), most):g}"
    if not WEAKEST <= gripper <= STRONGEST:
        yield f"gripper {gripper:.4g} to {min(max(gripper, WEAKEST), STRONGEST):g}"


def _what_is_wrong(values: Any) -> str:
    if not isinstance(values, list | tuple):
        return f"a value of type {type(values).__name__}"
    if len(values) != len(NAMES):
        return f"{len(values)} of them"
    found = ((name, _fault(value)) for name, value in zip(NAMES, values, strict=True))
    return next((f"{fault} for {name}" for name, fault in found if fault), "")


def _fault(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, Real):
        return f"a value of type {type(value).__name__}"
    try:
        return "" if math.isfinite(value) else str(float(value))
    except OverflowError:
        return "so large a number"
