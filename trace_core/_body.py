"""While a bundle's body runs: which nodes it may look at, and which it did."""

from __future__ import annotations

from typing import Any

from ._containers import NodeContainer
from ._errors import TraceMissingInputsError
from ._node import Node
from ._state import Mode, next_serial


class Body:
    """The mode of a bundle's body. Nodes made inside are its own; others must be inputs."""

    __slots__ = ("inputs", "name", "open", "outer", "serial", "used")
    records = True

    def __init__(
        self, name: str, inputs: tuple[Node[Any], ...], is_open: bool, outer: Mode | None
    ) -> None:
        self.name = name
        self.inputs = inputs
        self.open = is_open
        self.outer = outer
        self.serial = next_serial()
        self.used: dict[Node[Any], str] = {}

    def read(self, node: Node[Any]) -> None:
        """Let inputs and the body's own nodes pass; remember or refuse the others.

        Raises:
            TraceMissingInputsError: the node comes from outside and is not an input.
        """
        if node._serial > self.serial or any(node is each for each in self.inputs):
            return
        if node not in self.used:
            self.used[node] = self._origin(node)
        if self.outer is not None:
            self.outer.read(node)

    def _origin(self, node: Node[Any]) -> str:
        for each in self.inputs:
            if isinstance(each._data, NodeContainer):
                for path, inner in each._data.named_nodes():
                    if inner is node:
                        return path
        if self.open:
            return ""
        raise TraceMissingInputsError(
            f"{self.name} reads {node.name}, which is not among its inputs, so feedback could not "
            "reach it. Pass it as an argument, or say bundle(allow_external_dependencies=True)."
        )
