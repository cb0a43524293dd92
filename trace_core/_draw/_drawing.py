"""What a picture of a trace shows; `_dot`, `_mermaid` and `_svg` say how it is written."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from trace_core._errors import UserError
from trace_core._node import ExceptionNode, MessageNode, Node, ParameterNode
from trace_core._propagate import minimal_subgraph

if TYPE_CHECKING:
    import graphviz

COPIES = ("clone", "identity")
_Edges = Callable[[Node[Any]], list[tuple[str, Node[Any]]]]
_brief = reprlib.Repr()
_brief.maxstring = _brief.maxother = _brief.maxlong = 200


@dataclass(frozen=True, slots=True)
class Box:
    """One drawn node.

    Attributes:
        kind: "parameter", "input" (a root that no optimizer changes), "operator" or "exception".
        on_path: it is in the minimal subgraph.
        is_output: the picture is about it.
        lines: its name, what its operator does (or ""), its value.
    """

    kind: str
    on_path: bool
    is_output: bool
    lines: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Edge:
    """From the box of that place in `Drawing.boxes` to another, as the input of that name."""

    start: int
    end: int
    argument: str
    on_path: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """The graph of one output, the minimal subgraph highlighted. Made by `draw`.

    Attributes:
        boxes: the nodes, parents first.
        edges: the inputs of operators.
        caption: what the picture shows and, if it does not show all, how much is missing.
        reverse: the output is at the top.
    """

    boxes: Sequence[Box]
    edges: Sequence[Edge]
    caption: str
    reverse: bool = False

    @property
    def dot(self) -> str:
        """The picture in Graphviz's language: `dot -Tsvg` makes an image of it."""
        from ._dot import statements

        return "digraph {\n" + "".join(f"\t{line}\n" for line in statements(self)) + "}\n"

    @property
    def mermaid(self) -> str:
        """The picture in Mermaid's language, which Markdown viewers draw."""
        from ._mermaid import lines

        return "\n".join(lines(self)) + "\n"

    @property
    def svg(self) -> str:
        """The picture as an SVG image, which browsers show. Needs no other program."""
        from ._svg import lines

        return "\n".join(lines(self)) + "\n"

    def digraph(self) -> graphviz.Digraph:
        """The picture as an object of the `graphviz` package, which notebooks show.

        Raises:
            UserError: that package is not installed.
        """
        from ._dot import statements

        graphviz = needed()
        return graphviz.Digraph(body=[f"\t{line}\n" for line in statements(self)])


def needed() -> Any:
    """The `graphviz` package.

    Raises:
        UserError: it is not installed.
    """
    try:
        return import_module("graphviz")
    except ImportError as error:
        raise UserError(
            "graphviz is not installed: pip install 'trace-bench[draw]'. Without it, "
            "trace_core.draw(output) gives the picture itself: .svg, .dot or .mermaid"
        ) from error


def draw(
    output: Node[Any],
    *,
    limit: int = 200,
    length: int = 60,
    reverse: bool = False,
    simple: bool = False,
    names: Mapping[Node[Any], str] | None = None,
    values: Mapping[Node[Any], Any] | None = None,
) -> Drawing:
    """Draw all that `output` depends on, and highlight what connects it to parameters.

    Args:
        output: the node that feedback is, or would be, about.
        limit: how many nodes to draw at most: the minimal subgraph comes before the rest, what is
            near to the output before what is far. The caption says how many are missing.
        length: how many characters of a value or description to show.
        reverse: put the output at the top.
        simple: leave copies of values (`clone`, `identity`) out, and draw edges across them.
        names: what nodes are called; by default their own names, which count up with every trace.
        values: what nodes held; by default what they hold now, which for a parameter that has been
            updated since is not what the output was computed from.

    >>> from trace_core import draw, node
    >>> x = node(2, name="x", trainable=True)
    >>> draw(x * x + 1).caption
    'Feedback to add:0 reaches 1 parameter; 3 of 4 nodes are on its way.'
    """
    if limit < 1 or length < 1:
        raise ValueError(f"{limit=}, {length=}: both must be at least 1")
    parents_of = _sources if simple else _parents
    distance = _distances(output, parents_of)
    subgraph = distance.keys() & set(minimal_subgraph([output]))
    near = sorted(distance, key=lambda n: (n not in subgraph, distance[n], -n._serial))
    drawn = sorted(near[:limit], key=lambda n: n._serial)
    place = {node: i for i, node in enumerate(drawn)}
    edges = [
        Edge(place[parent], place[child], argument, parent in subgraph)
        for child in drawn
        for argument, parent in parents_of(child)
        if parent in place
    ]
    called = {n: (names or {}).get(n, n.name) for n in drawn}
    held = {n: (values or {}).get(n, n._data) for n in drawn}
    boxes = [
        Box(_kind(n), n in subgraph, n is output, _lines(n, called[n], held[n], length))
        for n in drawn
    ]
    caption = _caption(called[output], subgraph, len(distance), len(drawn))
    return Drawing(boxes, edges, caption, reverse)


def _parents(node: Node[Any]) -> list[tuple[str, Node[Any]]]:
    return list(node.inputs.items()) if isinstance(node, MessageNode) else []


def _sources(node: Node[Any]) -> list[tuple[str, Node[Any]]]:
    """The parents, or where their values were copied from."""
    found = []
    for argument, parent in _parents(node):
        while parent.base_name in COPIES and parent._parents:
            parent = parent._parents[0]
        found.append((argument, parent))
    return found


def _distances(output: Node[Any], parents_of: _Edges) -> dict[Node[Any], int]:
    """The output and its ancestors, each with the length of the shortest way between them."""
    found = {output: 0}
    layer, distance = [output], 0
    while layer:
        distance += 1
        parents = dict.fromkeys(p for n in layer for _, p in parents_of(n))
        layer = [p for p in parents if p not in found]
        found |= dict.fromkeys(layer, distance)
    return found


def _lines(node: Node[Any], name: str, value: Any, length: int) -> tuple[str, str, str]:
    text = node.operator.text if isinstance(node, MessageNode) else ""
    shown = value if isinstance(value, str) else _repr(value)
    return shorten(name, length), shorten(text, length), shorten(shown, length)


def _kind(node: Node[Any]) -> str:
    if isinstance(node, ExceptionNode):
        return "exception"
    if isinstance(node, ParameterNode):
        return "parameter"
    return "operator" if isinstance(node, MessageNode) else "input"


def _repr(value: object) -> str:
    """Like `repr`, but of bounded work for containers, and never failing."""
    try:
        return _brief.repr(value)
    except Exception as error:  # a value's own __repr__ must not spoil the picture
        return f"{type(value).__name__} whose repr raises {type(error).__name__}"


def shorten(text: str, length: int) -> str:
    """One line of at most `length` characters, with nothing that can't be printed."""
    clean = "".join(c if c.isprintable() else " " for c in text[: 10 * length])
    line = " ".join(clean.split())
    cut = len(line) > length or len(text) > 10 * length
    return f"{line[: length - 1]}…" if cut else line


def _caption(output: str, subgraph: Set[Node[Any]], total: int, drawn: int) -> str:
    name = shorten(output, 60)
    count = sum(isinstance(n, ParameterNode) for n in subgraph)
    if not subgraph:
        said = f"No parameter leads to {name}: feedback to it reaches nothing."
    else:
        said = (
            f"Feedback to {name} reaches {count} "
            f"parameter{'s' * (count != 1)}; {len(subgraph)} of {total} nodes are on its way."
        )
    missing = total - drawn
    return f"{said} {missing} nodes, the farthest, are not drawn." if missing else said
