"""The minimal subgraph propagator (MSP, Algorithm 2): the result of the paper, in linear time.

The paper's algorithm carries a priority queue of nodes along every edge, O(W N² log N). Here one
sweep finds the union of all paths from parameters to the output; every parameter is handed that
one object, and works out its own part of it when somebody asks.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import Any

from trace_core._node import Node, ParameterNode

from ._traverse import ancestors, levels


def minimal_subgraph(
    outputs: Iterable[Node[Any]], sources: Container[Node[Any]] | None = None
) -> list[Node[Any]]:
    """The nodes on paths from the sources to the outputs (footnote 5), parents first.

    Args:
        outputs: where the feedback is given.
        sources: where paths begin; by default all parameters.
    """
    kept: set[Node[Any]] = set()
    nodes = []
    for node in ancestors(outputs):
        is_source = isinstance(node, ParameterNode) if sources is None else node in sources
        if is_source or not kept.isdisjoint(node._parents):
            kept.add(node)
            nodes.append(node)
    return nodes


class TraceGraph:
    """Trace feedback τ = (g, f): the minimal subgraph g, and the feedback f given to its output.

    Attributes:
        output: the node that the feedback is about.
        user_feedback: the feedback; "" if none was given.
    """

    def __init__(self, output: Node[Any], user_feedback: Any) -> None:
        self.output = output
        self.user_feedback = user_feedback

    @cached_property
    def nodes(self) -> list[Node[Any]]:
        """The nodes on paths from any parameter to the output, parents first."""
        return minimal_subgraph([self.output])

    @property
    def graph(self) -> list[tuple[int, Node[Any]]]:
        """(level, node) pairs, by level."""
        level = self.whole.level
        pairs = [(level[n], n) for n in self.nodes]
        pairs.sort(key=itemgetter(0))
        return pairs

    @property
    def whole(self) -> TraceGraph:
        """The subgraph of all parameters, of which this may be a part."""
        return self

    @cached_property
    def level(self) -> dict[Node[Any], int]:
        """The level of all that the output depends on."""
        return levels([self.output])

    @cached_property
    def edges(self) -> Edges:
        """Edges inside the subgraph, from parents to children."""
        return Edges(self.nodes)

    def __repr__(self) -> str:
        return f"TraceGraph(output={self.output.name}, user_feedback={self.user_feedback!r})"


class View(TraceGraph):
    """What one parameter reaches through some of its children; computed when asked for.

    There may be thousands, so it is not computed through `cached_property`, which takes a lock.
    """

    def __init__(
        self, whole: TraceGraph, parameter: Node[Any], starts: Sequence[Node[Any]]
    ) -> None:
        self.output = whole.output
        self.user_feedback = whole.user_feedback
        self._whole = whole
        self.parameter = parameter
        self.starts = starts
        self._nodes: list[Node[Any]] | None = None

    @property
    def whole(self) -> TraceGraph:
        """The subgraph of all parameters."""
        return self._whole

    @property
    def nodes(self) -> list[Node[Any]]:
        """The nodes on paths from the parameter through those children, parents first."""
        if self._nodes is None:
            self._nodes = self._reached()
        return self._nodes

    def _reached(self) -> list[Node[Any]]:
        whole = self._whole.nodes
        reached = self._whole.edges.reached([self.parameter, *self.starts], self.starts)
        return [whole[place] for place in reached]


class Edges:
    """The edges among nodes, as chains of numbers: a million lists would keep the collector busy.

    Args:
        nodes: parents first.
    """

    def __init__(self, nodes: Sequence[Node[Any]]) -> None:
        self._place = place = {node: i for i, node in enumerate(nodes)}
        self._first = first = [-1] * len(nodes)  # of the edges that begin at a node
        self._next: list[int] = []  # edge that begins at the same node
        self._end: list[int] = []  # where an edge leads
        for child, node in enumerate(nodes):
            for parent in node._parents:
                start = place.get(parent)
                if start is not None:
                    self._next.append(first[start])
                    first[start] = len(self._end)
                    self._end.append(child)

    def reached(self, known: Iterable[Node[Any]], starts: Iterable[Node[Any]]) -> list[int]:
        """The places of `known`, and of all that edges lead to from `starts`, in order."""
        first, following, end = self._first, self._next, self._end
        seen = {self._place[node] for node in known}
        stack = [self._place[node] for node in starts]
        while stack:
            edge = first[stack.pop()]
            while edge >= 0:
                child = end[edge]
                if child not in seen:
                    seen.add(child)
                    stack.append(child)
                edge = following[edge]
        return sorted(seen)


@dataclass(frozen=True, slots=True)
class TraceFeedback:
    """All trace feedback that has reached some parameters, as one: a minibatch is merged.

    Attributes:
        nodes: the minimal subgraph from those parameters to all outputs, parents first.
        feedback: (output, its feedback) in the order in which the outputs were computed.
    """

    nodes: list[Node[Any]]
    feedback: list[tuple[Node[Any], Any]]


def trace_feedback(parameters: Iterable[ParameterNode[Any]]) -> TraceFeedback:
    """Merge what `GraphPropagator` left at the parameters; empty if nothing reached them."""
    sources = set(parameters)
    wholes = {
        id(graph.whole): graph.whole
        for parameter in sources
        for graphs in (parameter._feedback or {}).values()
        for graph in graphs
    }
    given = sorted(wholes.values(), key=lambda graph: graph.output._serial)
    feedback = [(graph.output, graph.user_feedback) for graph in given]
    return TraceFeedback(minimal_subgraph([out for out, _ in feedback], sources), feedback)


class GraphPropagator:
    """Brings the minimal subgraph and the feedback to every parameter: Trace's oracle."""

    def backward(self, output: Node[Any], feedback: Any) -> None:
        """Leave a `TraceGraph` in `parameter.feedback[child]` for each child on a path."""
        whole = TraceGraph(output, "" if feedback is None else feedback)
        if isinstance(output, ParameterNode):
            output.feedback.setdefault(output, []).append(View(whole, output, [output]))
        parameters = {node for node in whole.nodes if isinstance(node, ParameterNode)}
        for node in whole.nodes:
            if not parameters.isdisjoint(node._parents):
                for parent in parameters.intersection(node._parents):
                    view = View(whole, parent, [node])
                    parent.feedback.setdefault(node, []).append(view)

    def aggregate(self, feedback: Mapping[Any, Sequence[TraceGraph]]) -> TraceGraph:
        """One trace graph from a parameter's `feedback`: what it reaches through all children.

        Raises:
            ValueError: there is none, or it comes from several outputs: see `trace_feedback`.
        """
        views = [view for several in feedback.values() for view in several]
        if len(views) == 1:
            return views[0]
        if len({id(view.whole) for view in views}) != 1:
            raise ValueError("a parameter's feedback from one output is needed")
        starts = [start for view in views if isinstance(view, View) for start in view.starts]
        first = views[0]
        return View(first.whole, first.parameter, starts) if isinstance(first, View) else first
