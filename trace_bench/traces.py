"""`traces.jsonl`: the trace of each step, as what a picture of it needs.

A line holds what was computed, by which operations and from what: at most `BOXES` nodes, the
minimal subgraph first, with values cut to `CHARACTERS`. Steps of a run mostly differ in values
alone; such a line says which earlier one it is `like`. Nothing else depends on this file: it is
written anew when a run is resumed, and what is damaged or lacking in it is a picture less.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from trace_core import Drawing, Node, draw
from trace_core._draw import Box, Edge
from trace_core._labels import label, labels
from trace_core._propagate import levels, minimal_subgraph
from trace_core.optimizers import Step
from trace_core.opto import Problem

from .rows import whole_lines
from .store import TRACES

BOXES, CHARACTERS = 150, 80


def trace_of(step: Step, problem: Problem) -> Drawing:
    """Return the picture of a step's trace, with the parameters as they were before its update."""
    parameters = labels(problem.parameters)
    known = step.parameters
    values: dict[Node[Any], Any] = {
        node: known[name] for name, node in parameters.items() if name in known
    }
    output = step.outcome.output
    names = names_in_reports(output)
    return draw(output, limit=BOXES, length=CHARACTERS, names=names, values=values)


@contextmanager
def writing(folder: Path) -> Iterator[TraceWriter]:
    """Open the traces of a run that begins, or begins once more."""
    with (folder / TRACES).open("w", encoding="utf-8", buffering=1) as file:
        yield TraceWriter(file)


class TraceWriter:
    """Writes a line for each step."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._first: dict[str, int] = {}

    def add(self, iteration: int, trace: Drawing) -> None:
        """Write a trace, in full if no earlier one has its structure."""
        values = [box.lines[2] for box in trace.boxes]
        structure = json.dumps(_structure(trace), ensure_ascii=False)
        first = self._first.setdefault(structure, iteration)
        what = structure if first == iteration else json.dumps({"like": first})
        head = json.dumps({"iteration": iteration, "values": values}, ensure_ascii=False)
        self._file.write(f"{head[:-1]}, {what[1:]}\n")


def read_traces(folder: Path) -> dict[int, Drawing]:
    """Return the stored traces by iteration, as far as they are whole."""
    found: dict[int, Drawing] = {}
    for line in whole_lines(folder / TRACES):
        try:
            data = json.loads(line)
            shape = found[data["like"]] if "like" in data else _drawing(data)
            found[int(data["iteration"])] = _with_values(shape, data["values"])
        except (ValueError, TypeError, KeyError):  # damaged, or like a damaged one
            continue
    return found


def _structure(trace: Drawing) -> dict[str, Any]:
    return {
        "caption": trace.caption,
        "boxes": [[b.kind, b.on_path, b.is_output, *b.lines[:2]] for b in trace.boxes],
        "edges": [[e.start, e.end, e.argument, e.on_path] for e in trace.edges],
    }


def _drawing(data: Mapping[str, Any]) -> Drawing:
    boxes = [
        Box(kind, on_path, is_output, (name, text, ""))
        for kind, on_path, is_output, name, text in data["boxes"]
    ]
    return Drawing(boxes, [Edge(*edge) for edge in data["edges"]], data["caption"])


def _with_values(shape: Drawing, values: Sequence[str]) -> Drawing:
    pairs = zip(shape.boxes, values, strict=True)
    boxes = [Box(b.kind, b.on_path, b.is_output, (*b.lines[:2], v)) for b, v in pairs]
    return replace(shape, boxes=boxes)


def names_in_reports(output: Node[Any]) -> dict[Node[Any], str]:
    """Return names as an LLM reads them: numbered anew, the minimal subgraph first, by level."""
    level = levels([output])
    inside = set(minimal_subgraph([output]))
    near = {parent for node in inside for parent in node._parents}
    nodes = sorted(level, key=lambda n: (n not in inside, n not in near, level[n], n._serial))
    numbers: Counter[str] = Counter()
    names = {}
    for node in nodes:
        base = re.sub(r"\W", "_", label(node))
        names[node] = f"{base}{numbers[base]}"
        numbers[base] += 1
    return names
