"""The minimal subgraph propagator (MSP, Algorithm 2): the result of the paper, in linear time.

The paper's algorithm carries a priority queue of nodes along every edge, O(W N² log N). Here one
sweep finds the union of all paths from parameters to the output; every parameter is handed that
one object, and works out its own part of it when somebody asks.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from functools import cached_property
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
        level = levels([self.output])
        return sorted(((level[n], n) for n in self.nodes), key=lambda pair: pair[0])

    def view(self, parameter: Node[Any], child: Node[Any]) -> TraceGraph:
        """The part that `parameter` reaches through `child`."""
        return _View(self, parameter, child)

    @property
    def whole(self) -> TraceGraph:
        """The subgraph of all parameters, of which this may be a view."""
        return self

    def __repr__(self) -> str:
        return f"TraceGraph(output={self.output.name}, user_feedback={self.user_feedback!r})"


class _View(TraceGraph):
    """What one parameter sees through one child; computed when asked for."""

    def __init__(self, whole: TraceGraph, parameter: Node[Any], child: Node[Any]) -> None:
        super().__init__(whole.output, whole.user_feedback)
        self._whole = whole
        self._parameter = parameter
        self._child = child

    @property
    def whole(self) -> TraceGraph:
        return self._whole

    @cached_property
    def nodes(self) -> list[Node[Any]]:
        kept = {self._child}
        for node in self._whole.nodes:
            if not kept.isdisjoint(node._parents):
                kept.add(node)
        kept.add(self._parameter)
        return [node for node in self._whole.nodes if node in kept]


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
            output.feedback.setdefault(output, []).append(whole)
        for node in whole.nodes:
            for parent in dict.fromkeys(node._parents):
                if isinstance(parent, ParameterNode):
                    view = whole.view(parent, node)
                    parent.feedback.setdefault(node, []).append(view)
