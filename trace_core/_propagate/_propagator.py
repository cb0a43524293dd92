"""What travels backward along the edges, as rules for one operator at a time (Algorithm 1)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from trace_core._node import MessageNode, Node, ParameterNode

from ._subgraph import minimal_subgraph

Rule = Callable[[MessageNode[Any], Any], Sequence[Any]]
"""(operator's output, message to it) -> a message to each of its parents; None sends nothing."""


class Propagator(ABC):
    """Messages from an output to the parameters it depends on.

    A subclass says what the first message is, how an operator passes one on, and how several
    become one. `register` gives single operators rules of their own.
    """

    def __init__(self) -> None:
        self._rules: dict[str, Rule] = {}

    def register(self, operator: str, rule: Rule) -> None:
        """Use `rule` for the operator of that name: `add`, a bundle's function name.

        Bundles whose code is a parameter are all called `eval`.
        """
        self._rules[operator] = rule

    @abstractmethod
    def init_feedback(self, output: Node[Any], feedback: Any) -> Any:
        """The message that the output starts with."""

    @abstractmethod
    def propagate(self, child: MessageNode[Any], message: Any) -> Sequence[Any]:
        """The messages to `child.parents`, in order, for operators without a rule of their own."""

    @abstractmethod
    def aggregate(self, messages: Sequence[Any]) -> Any:
        """One message from those of all children."""

    def backward(self, output: Node[Any], feedback: Any) -> None:
        """Leave messages in the `feedback` of every parameter that the output depends on.

        If a rule fails, nothing is left anywhere.
        """
        nodes = minimal_subgraph([output])
        inside = set(nodes)
        first = self.init_feedback(output, feedback)
        inbox: dict[Node[Any], list[Any]] = {output: [first]}
        arrived: list[tuple[Node[Any], Node[Any], Any]] = []
        if isinstance(output, ParameterNode):
            arrived.append((output, output, first))
        for child in reversed(nodes):
            messages = inbox.pop(child, None)
            if messages is None or not isinstance(child, MessageNode):
                continue
            sent = self._send(child, self.aggregate(messages))
            for parent, message in zip(child._parents, sent, strict=True):
                if message is None or parent not in inside:
                    continue
                inbox.setdefault(parent, []).append(message)
                if isinstance(parent, ParameterNode):
                    arrived.append((parent, child, message))
        for parameter, child, message in arrived:
            parameter.feedback.setdefault(child, []).append(message)

    def _send(self, child: MessageNode[Any], message: Any) -> Sequence[Any]:
        rule = self._rules.get(child.operator.name)
        return rule(child, message) if rule else self.propagate(child, message)


class SumPropagator(Propagator):
    """Passes the feedback on unchanged and adds up what meets at a node: numbers, or texts."""

    def init_feedback(self, output: Node[Any], feedback: Any) -> Any:
        """The feedback itself."""
        return feedback

    def propagate(self, child: MessageNode[Any], message: Any) -> Sequence[Any]:
        """The same message to every parent."""
        return [message] * len(child._parents)

    def aggregate(self, messages: Sequence[Any]) -> Any:
        """The sum; equal texts are said once, different ones on lines of their own."""
        if all(isinstance(message, str) for message in messages):
            return "\n".join(dict.fromkeys(messages))
        return sum(messages[1:], start=messages[0])
