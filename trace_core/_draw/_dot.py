"""A drawing in Graphviz's language."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._drawing import Box, Drawing, Edge

# Outlines tell the kinds apart without colour: thick, plain, rounded, octagonal.
OUTLINES = {
    "parameter": 'shape=box style="filled,bold"',
    "input": "shape=box style=filled",
    "operator": 'shape=box style="filled,rounded"',
    "exception": "shape=octagon style=filled",
}
FILLS = {
    "parameter": "#ffd8a8",
    "input": "#f1f3f5",
    "operator": "#d0ebff",
    "exception": "#ffc9c9",
}
BORDERS = {
    "parameter": "#d9480f",
    "input": "#868e96",
    "operator": "#1971c2",
    "exception": "#c92a2a",
}
FAINT = "#adb5bd"
STRONG = "#343a40"


def statements(drawing: Drawing) -> Iterator[str]:
    """The lines between the braces of a digraph."""
    direction = "BT" if drawing.reverse else "TB"
    yield f"graph [rankdir={direction} fontname=Helvetica fontsize=11 {_caption(drawing)}]"
    yield 'node [fontname=Helvetica fontsize=11 margin="0.1,0.05"]'
    yield "edge [fontname=Helvetica fontsize=9 arrowsize=0.7]"
    for i, box in enumerate(drawing.boxes):
        yield f"n{i} [{_style(box)} label=<{_label(box)}>]"
    for edge in drawing.edges:
        yield f"n{edge.start} -> n{edge.end} [{_edge(edge)}]"


def _caption(drawing: Drawing) -> str:
    return f"label={json.dumps(drawing.caption, ensure_ascii=False)} labelloc=b"


def _style(box: Box) -> str:
    outline = OUTLINES[box.kind]
    if box.on_path:
        look = f'{outline} fillcolor="{FILLS[box.kind]}" color="{BORDERS[box.kind]}" penwidth=1.6'
    else:
        dashed = outline.replace("filled", "dashed")
        look = f'{dashed} color="{FAINT}"'
    return f"{look}{' peripheries=2' * box.is_output}"


def _label(box: Box) -> str:
    name, text, value = map(_escape, box.lines)
    main, side = (STRONG, "#6b7280") if box.on_path else ("#868e96", FAINT)
    rows = [f'<FONT COLOR="{main}"><B>{name}</B></FONT>']
    if text:
        rows.append(f'<FONT COLOR="{side}" POINT-SIZE="9">{text}</FONT>')
    if value:
        rows.append(f'<FONT COLOR="{main}">{value}</FONT>')
    cells = "".join(f"<TR><TD>{row}</TD></TR>" for row in rows)
    return f'<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="1">{cells}</TABLE>'


def _escape(text: str) -> str:
    """For labels like HTML, in which a backslash still begins one of Graphviz's own escapes."""
    return escape(text).replace("\\", "\\\\")


def _edge(edge: Edge) -> str:
    argument = f"<&#160;{_escape(edge.argument)}>"
    if edge.on_path:
        return f'label={argument} color="{STRONG}" fontcolor="{STRONG}" penwidth=1.6'
    return f'label={argument} color="{FAINT}" fontcolor="{FAINT}" style=dashed'
