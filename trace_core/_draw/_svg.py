"""A drawing as SVG, which browsers and editors show; nothing but Python is needed to make it."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from ._dot import BORDERS, FAINT, FILLS, STRONG
from ._layout import Layout, Place, arrange

if TYPE_CHECKING:
    from ._drawing import Box, Drawing, Edge

LINE, PADDING = 15.0, 8.0
"""Pixels: the height of a line of text, and the space around a box's text."""
SIZES = (11.0, 9.0, 11.0)
"""Of a box's lines: its name, what its operator does, its value."""
CHARACTER = 0.62
"""Width of a character of size 1: generous, for nobody knows the font that will be used."""
CAPTION = 30.0
BOLD = 'font-weight="bold"'
RIM = 'stroke="#ffffff" stroke-width="3" paint-order="stroke"'
"""Of text that stands on a line."""
HEAD = (
    '<marker id="{}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
    'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0 8 4 0 8z" fill="{}"/></marker>'
)


def lines(drawing: Drawing) -> Iterator[str]:
    """The lines of an SVG document."""
    edges = [(edge.start, edge.end) for edge in drawing.edges]
    layout = arrange([_size(box) for box in drawing.boxes], edges)
    if drawing.reverse:
        for place in {id(p): p for route in layout.edges for p in route}.values():
            place.y = layout.height - place.y
    width = max(layout.width, len(drawing.caption) * CHARACTER * SIZES[0] + 2 * PADDING)
    height = layout.height + CAPTION
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="Helvetica, Arial, sans-serif">'
    )
    yield f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>'
    yield f"<defs>{HEAD.format('strong', STRONG)}{HEAD.format('faint', FAINT)}</defs>"
    yield f'<g transform="translate({(width - layout.width) / 2:.1f} 0)">'
    yield from _edges(drawing, layout)
    for box, place in zip(drawing.boxes, layout.boxes, strict=True):
        yield from _box(box, place)
    yield "</g>"
    yield _text(width / 2, height - CAPTION / 2, drawing.caption, SIZES[0], STRONG)
    yield "</svg>"


def _size(box: Box) -> tuple[float, float]:
    shown = [(text, size) for text, size in zip(box.lines, SIZES, strict=True) if text]
    width = max(len(text) * size * CHARACTER for text, size in shown)
    return width + 2 * PADDING, len(shown) * LINE + 2 * PADDING


def _edges(drawing: Drawing, layout: Layout) -> Iterator[str]:
    """Those aside first, so that the minimal subgraph lies above them; names above all lines."""
    pairs = zip(drawing.edges, layout.edges, strict=True)
    same: dict[tuple[int, int], list[tuple[Edge, list[Place]]]] = {}
    for edge, route in sorted(pairs, key=lambda pair: pair[0].on_path):
        same.setdefault((edge.start, edge.end), []).append((edge, route))
    for (edge, route), *_ in same.values():
        yield _path(edge, route)
    for several in same.values():
        edge, route = several[0]
        names = ", ".join(e.argument for e, _ in several)
        colour = STRONG if edge.on_path else "#868e96"
        yield _text(*_near_the_end(route), names, SIZES[1], colour, RIM)


def _path(edge: Edge, route: list[Place]) -> str:
    points = _points(route)
    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for (x, y), (to_x, to_y) in zip(points, points[1:], strict=False):
        middle = (y + to_y) / 2
        path += f" C{x:.1f} {middle:.1f} {to_x:.1f} {middle:.1f} {to_x:.1f} {to_y:.1f}"
    look = f'stroke="{STRONG}" stroke-width="1.8" marker-end="url(#strong)"'
    if not edge.on_path:
        look = f'stroke="{FAINT}" stroke-dasharray="4 3" marker-end="url(#faint)"'
    return f'<path d="{path}" fill="none" {look}/>'


def _points(route: list[Place]) -> list[tuple[float, float]]:
    start, end = route[0], route[-1]
    way = 1 if end.y > start.y else -1
    return [
        (start.x, start.y + way * start.height / 2),
        *((bend.x, bend.y) for bend in route[1:-1]),
        (end.x, end.y - way * end.height / 2),
    ]


def _near_the_end(route: list[Place], t: float = 0.6) -> tuple[float, float]:
    """A point of the last piece of an edge, which is a Bézier curve."""
    (x, y), (to_x, to_y) = _points(route)[-2:]
    along = 1.5 * t * (1 - t) + t**3
    return x + (3 * t**2 - 2 * t**3) * (to_x - x), y + along * (to_y - y)


def _box(box: Box, place: Place) -> Iterator[str]:
    left, top = place.x - place.width / 2, place.y - place.height / 2
    look = f'fill="#ffffff" stroke="{FAINT}" stroke-dasharray="4 3"'
    if box.on_path:
        wide = 2.4 if box.kind == "parameter" else 1.6
        look = f'fill="{FILLS[box.kind]}" stroke="{BORDERS[box.kind]}" stroke-width="{wide}"'
    if box.is_output:
        yield _shape(box, left - 3, top - 3, place.width + 6, place.height + 6, look)
    yield _shape(box, left, top, place.width, place.height, look)
    shown = [(text, size) for text, size in zip(box.lines, SIZES, strict=True) if text]
    for k, (text, size) in enumerate(shown):
        colour = STRONG if box.on_path else "#868e96"
        y = top + PADDING + LINE * (k + 0.5)
        yield _text(place.x, y, text, size, colour, BOLD if k == 0 else "")


def _shape(box: Box, x: float, y: float, width: float, height: float, look: str) -> str:
    if box.kind == "exception":
        cut, right, low = 8, x + width, y + height
        corners = [
            (x + cut, y), (right - cut, y), (right, y + cut), (right, low - cut),
            (right - cut, low), (x + cut, low), (x, low - cut), (x, y + cut),
        ]  # fmt: skip
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in corners)
        return f'<polygon points="{points}" {look}/>'
    round_ = 8 if box.kind == "operator" else 0
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{round_}" '
        f"{look}/>"
    )


def _text(x: float, y: float, text: str, size: float, colour: str, more: str = "") -> str:
    """Text around a point."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill="{colour}" text-anchor="middle" '
        f'dominant-baseline="central" {more}>{escape(text)}</text>'
    )
