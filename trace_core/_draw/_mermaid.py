"""A drawing in Mermaid's language."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ._dot import BORDERS, FAINT, FILLS, STRONG

if TYPE_CHECKING:
    from ._drawing import Box, Drawing, Edge

SHAPES = {
    "parameter": ("[[", "]]"),
    "input": ("[", "]"),
    "operator": ("(", ")"),
    "exception": ("{{", "}}"),
}
_SPECIAL = {'"': "quot", "&": "amp", "<": "lt", ">": "gt", "#": "35", "`": "96", "\\": "92"}
_ESCAPES = str.maketrans({character: f"#{code};" for character, code in _SPECIAL.items()})


def lines(drawing: Drawing) -> Iterator[str]:
    """The lines of a flowchart."""
    yield from ("---", f"title: {json.dumps(drawing.caption, ensure_ascii=False)}", "---")
    yield "flowchart BT" if drawing.reverse else "flowchart TB"
    for i, box in enumerate(drawing.boxes):
        start, end = SHAPES[box.kind]
        yield f'    n{i}{start}"{_label(box)}"{end}:::{_class(box)}'
    for edge in drawing.edges:
        yield f"    n{edge.start} {_edge(edge)} n{edge.end}"
    for kind, fill in FILLS.items():
        style = f"fill:{fill},stroke:{BORDERS[kind]},color:{STRONG}"
        yield f"    classDef {kind} {style},stroke-width:2px"
        yield f"    classDef {kind}_output {style},stroke-width:5px"
    yield f"    classDef aside fill:#ffffff,stroke:{FAINT},color:#868e96,stroke-dasharray:4"


def _class(box: Box) -> str:
    if not box.on_path:
        return "aside"
    return f"{box.kind}_output" if box.is_output else box.kind


def _label(box: Box) -> str:
    name, text, value = (line.translate(_ESCAPES) for line in box.lines)
    parts = [f"<b>{name}</b>", f"<small>{text}</small>" if text else "", value]
    return "<br/>".join(filter(None, parts))


def _edge(edge: Edge) -> str:
    argument = edge.argument.translate(_ESCAPES)
    return f'{"==>" if edge.on_path else "-.->"}|"{argument}"|'
