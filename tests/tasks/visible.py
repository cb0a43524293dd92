"""All that an optimizer may see of a problem, as text: what "same" and "secret" mean."""

import json
from typing import Any

from trace_core import Node
from trace_core.opto import Outcome, Problem


def visible(problem: Problem, outcome: Outcome) -> str:
    """Parameters, context, bounds, feedback and the whole graph behind the output.

    The numbers in node names are left out: they count all nodes of a process.
    """
    seen = {
        "context": problem.context,
        "bounds": {name: repr(interval) for name, interval in problem.bounds.items()},
        "parameters": [_look(parameter) for parameter in problem.parameters],
        "feedback": outcome.feedback,
        "error": outcome.error,
        "graph": _graph(outcome.output),
    }
    return json.dumps(seen, indent=1)


def _graph(output: Node[Any]) -> list[list[Any]]:
    order = _parents_first(output)
    place = {id(node): i for i, node in enumerate(order)}
    return [[*_look(node), [place[id(parent)] for parent in node.parents]] for node in order]


def _look(node: Node[Any]) -> list[str]:
    constraint = getattr(node, "constraint", None)
    return [type(node).__name__, node.base_name, repr(node.data), node.description, str(constraint)]


def _parents_first(output: Node[Any]) -> list[Node[Any]]:
    order: list[Node[Any]] = []
    done: set[int] = set()
    stack = [(output, False)]
    while stack:
        node, expanded = stack.pop()
        if expanded:
            order.append(node)
        elif id(node) not in done:
            done.add(id(node))
            stack.append((node, True))
            stack.extend((parent, False) for parent in node.parents)
    return order
