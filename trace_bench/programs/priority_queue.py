"""The paper's backward step as it is printed, Algorithms 1 and 2: a reference to measure against.

`trace_core` gives the same result in another way: see `trace_core._propagate._subgraph`.
"""

from __future__ import annotations

import heapq
from typing import Any

from trace_core import Node, ParameterNode

Queue = list[tuple[int, Node[Any]]]
"""A subgraph as a min-heap of its nodes, in the order in which they were created."""


def backward(output: Node[Any]) -> dict[ParameterNode[Any], Queue]:
    """Return the minimal subgraph of every parameter that the output depends on.

    Algorithm 1 visits nodes children first. What it sends along an edge (Algorithm 2) is the
    subgraph between the child and the output: the union of what came from the node's own children,
    and the node.
    """
    received: dict[Node[Any], list[Queue]] = {output: []}
    to_visit: Queue = [(-output._serial, output)]
    found: dict[ParameterNode[Any], Queue] = {}
    while to_visit:
        _, node = heapq.heappop(to_visit)
        subgraph = merged(received.pop(node))
        heapq.heappush(subgraph, (node._serial, node))
        if isinstance(node, ParameterNode):
            found[node] = subgraph
        for parent in dict.fromkeys(node._parents):
            if parent not in received:
                received[parent] = []
                heapq.heappush(to_visit, (-parent._serial, parent))
            received[parent].append(subgraph)
    return found


def merged(queues: list[Queue]) -> Queue:
    """The union of several queues, as a new queue."""
    union: Queue = []
    known: set[int] = set()
    for queue in queues:
        for item in queue:
            if item[0] not in known:
                known.add(item[0])
                heapq.heappush(union, item)
    return union
