"""Pictures of all traces of a run, as few drawings into which each step's values are put.

Laying a trace out takes milliseconds, and most steps of a run have the same trace but for the
values. So there is one drawing for each structure, with room for the longest value of each box, and
a mark where the values belong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from trace_core import Drawing
from trace_core._draw import Box, Edge

MARK, END = "\ue000", "\ue001"
"""Around the number of a box, where its value belongs. Characters of Unicode's private area."""
STEP = 8
"""Characters by which room for values grows, so that runs share drawings."""

Shape = tuple[tuple[Box, ...], tuple[Edge, ...], str]


def pictures(traces: Mapping[int, Drawing]) -> dict[str, Any]:
    """Return the drawings of a run as data: `drawings`, and for each step which and its values."""
    shapes = {iteration: _shape(trace) for iteration, trace in traces.items()}
    room: dict[Shape, list[int]] = {}
    for iteration, trace in traces.items():
        lengths = room.setdefault(shapes[iteration], [0] * len(trace.boxes))
        lengths[:] = map(max, lengths, (len(box.lines[2]) for box in trace.boxes))
    places = {shape: k for k, shape in enumerate(room)}
    return {
        "drawings": [_drawn(shape, tuple(map(_rounded, wide))) for shape, wide in room.items()],
        "steps": {
            iteration: [places[shapes[iteration]], [box.lines[2] for box in trace.boxes]]
            for iteration, trace in traces.items()
        },
    }


def _shape(trace: Drawing) -> Shape:
    """What must be equal for steps to share a drawing; a value is there or not."""
    boxes = tuple(_with(box, "x" if box.lines[2] else "") for box in trace.boxes)
    return boxes, tuple(trace.edges), trace.caption


def _with(box: Box, value: str) -> Box:
    """A box with another value; `dataclasses.replace` takes four times as long."""
    return Box(box.kind, box.on_path, box.is_output, (*box.lines[:2], value))


def _rounded(length: int) -> int:
    return -(-length // STEP) * STEP


@lru_cache(maxsize=512)
def _drawn(shape: Shape, room: Sequence[int]) -> str:
    boxes, edges, caption = shape
    marked = [
        _with(box, _mark(k, wide) if box.lines[2] else "")
        for k, (box, wide) in enumerate(zip(boxes, room, strict=True))
    ]
    return Drawing(marked, edges, caption).svg


def _mark(k: int, wide: int) -> str:
    return f"{MARK}{k}{END}".ljust(wide, "x")
