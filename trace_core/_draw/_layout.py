"""Where the boxes of a drawing stand: in layers, with few crossings (Sugiyama's method, 1981)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean

GAP, LAYER_GAP, BEND = 24.0, 46.0, 14.0
"""Pixels between neighbours in a layer and between layers; the width of an edge passing by."""
SWEEPS = 8
"""How often order and places are improved, downwards and upwards in turn."""


@dataclass(eq=False, slots=True)
class Place:
    """A box, or a point of an edge that passes a layer.

    Attributes:
        x, y: its middle.
    """

    width: float
    height: float
    layer: int
    above: list[Place] = field(default_factory=list)
    below: list[Place] = field(default_factory=list)
    x: float = 0.0
    y: float = 0.0


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything is.

    Attributes:
        boxes: a place for each box.
        edges: for each edge its places from start to end, those that it passes between them.
    """

    boxes: list[Place]
    edges: list[list[Place]]
    width: float
    height: float


def arrange(sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]]) -> Layout:
    """Lay out boxes of these sizes, given parents first, so that edges lead downwards."""
    layer_of = _layers(len(sizes), edges)
    boxes = [Place(w, h, layer) for (w, h), layer in zip(sizes, layer_of, strict=True)]
    routes = [_route(boxes[start], boxes[end]) for start, end in edges]
    layers = _sorted([*boxes, *dict.fromkeys(p for route in routes for p in route[1:-1])])
    for sweep in range(SWEEPS):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            _reorder(layer, downwards=sweep % 2 == 0)
    for sweep in range(SWEEPS):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            _move(layer, downwards=sweep % 2 == 0)
    return _finished(boxes, routes, layers)


def _layers(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """Each box below its parents; those without any right above their first child."""
    layer = [0] * count
    for start, end in sorted(edges, key=lambda edge: edge[1]):
        layer[end] = max(layer[end], layer[start] + 1)
    with_parents = {end for _, end in edges}
    for box in range(count):
        below = [layer[end] for start, end in edges if start == box]
        if box not in with_parents and below:
            layer[box] = min(below) - 1
    return layer


def _route(start: Place, end: Place) -> list[Place]:
    bends = [Place(BEND, 0.0, layer) for layer in range(start.layer + 1, end.layer)]
    route = [start, *bends, end]
    for one, next_one in zip(route, route[1:], strict=False):
        one.below.append(next_one)
        next_one.above.append(one)
    return route


def _sorted(places: list[Place]) -> list[list[Place]]:
    layers: list[list[Place]] = [[] for _ in range(1 + max(place.layer for place in places))]
    for place in places:
        layers[place.layer].append(place)
    for layer in layers:
        _pack(layer, [0.0] * len(layer))
    return layers


def _reorder(layer: list[Place], *, downwards: bool) -> None:
    """Sort a layer by the mean place of its neighbours: crossings become few."""
    layer.sort(key=lambda place: _wanted(place, downwards))
    _pack(layer, [place.x for place in layer])


def _move(layer: list[Place], *, downwards: bool) -> None:
    """Move each place towards its neighbours, as far as its layer lets it."""
    _pack(layer, [_wanted(place, downwards) for place in layer])


def _wanted(place: Place, downwards: bool) -> float:
    neighbours = place.above if downwards else place.below
    return fmean(n.x for n in neighbours) if neighbours else place.x


def _pack(layer: list[Place], wanted: Sequence[float]) -> None:
    """Put a layer as near to the wanted places as its order and the gaps allow.

    Neighbours that want to overlap become a block, which stands where its members want it to on
    average (the method of pool adjacent violators).
    """
    blocks: list[tuple[float, float, int]] = []  # sum of what is wanted, its count, members
    offsets = _offsets(layer)
    for place, offset in zip(wanted, offsets, strict=True):
        total, members = place - offset, 1
        block = (total, 1.0, members)
        while blocks and blocks[-1][0] / blocks[-1][1] > block[0] / block[1]:
            before = blocks.pop()
            block = (before[0] + block[0], before[1] + block[1], before[2] + block[2])
        blocks.append(block)
    k = 0
    for total, count, members in blocks:
        for _ in range(members):
            layer[k].x = total / count + offsets[k]
            k += 1


def _offsets(layer: Sequence[Place]) -> list[float]:
    """How far each middle is at least from the first one's."""
    offsets, right = [], 0.0
    for k, place in enumerate(layer):
        middle = right + GAP + place.width / 2 if k else 0.0
        offsets.append(middle)
        right = middle + place.width / 2
    return offsets


def _finished(
    boxes: list[Place], routes: list[list[Place]], layers: Sequence[Sequence[Place]]
) -> Layout:
    left = min(place.x - place.width / 2 for layer in layers for place in layer) - GAP
    y = GAP
    for layer in layers:
        height = max(place.height for place in layer)
        for place in layer:
            place.x, place.y = place.x - left, y + height / 2
        y += height + LAYER_GAP
    width = max(place.x + place.width / 2 for layer in layers for place in layer) + GAP
    return Layout(boxes, routes, width, y - LAYER_GAP + GAP)
