"""One call of a bundle while it is being recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ._apply import failure, unwrap, wrap
from ._containers import NodeContainer
from ._errors import TraceMissingInputsError, UserError
from ._node import MessageNode, Node
from ._record import make
from ._state import MODE, Mode, next_serial

if TYPE_CHECKING:
    from ._bundle import Bundle


class Call:
    """Runs the function on plain values, watches what nodes its body reads, records the output.

    It is the `Mode` of the body: nodes made inside are the body's own, inputs may be read, and
    what a `NodeContainer` among the inputs holds becomes an input when it is read.
    """

    __slots__ = ("bundle", "inputs", "names", "outer", "printed", "serial", "used")
    records = True

    def __init__(
        self,
        bundle: Bundle,
        inputs: tuple[Node[Any], ...],
        names: tuple[str, ...],
        outer: Mode | None,
    ) -> None:
        self.bundle = bundle
        self.inputs = inputs
        self.names = names
        self.outer = outer
        self.serial = next_serial()
        self.used: dict[Node[Any], str] | None = None
        self.printed = ""  # by code in a sandbox

    def run(self, function: Callable[..., Any], values: Sequence[Any]) -> Any:
        """Call `function`, which is the body or invokes it, and return the output's node."""
        traceable = self.bundle.options.traceable_code
        token = MODE.set(self.outer if traceable else self)
        try:
            result = function(*values)
        except Exception as error:
            raise self._failed(error) from error
        finally:
            MODE.reset(token)
        return self._recorded(result)

    async def run_async(self, function: Callable[..., Any], values: Sequence[Any]) -> Any:
        """The same for a coroutine function; its task has a context of its own."""
        traceable = self.bundle.options.traceable_code
        token = MODE.set(self.outer if traceable else self)
        try:
            result = await function(*values)
        except Exception as error:
            raise self._failed(error) from error
        finally:
            MODE.reset(token)
        return self._recorded(result)

    def read(self, node: Node[Any]) -> None:
        """Let inputs and the body's own nodes pass; remember or refuse the others.

        Raises:
            TraceMissingInputsError: the node comes from outside and is not an input.
        """
        if node._serial > self.serial or any(node is each for each in self.inputs):
            return
        self.used = self.used or {}
        if node not in self.used:
            self.used[node] = self._path(node)
        if self.outer is not None:
            self.outer.read(node)

    def _path(self, node: Node[Any]) -> str:
        """Where in a container among the inputs it is; "" if it is elsewhere and may be."""
        for each in self.inputs:
            if isinstance(each._data, NodeContainer):
                for path, inner in each._data.named_nodes():
                    if inner is node:
                        return path
        if self.bundle.options.allow_external_dependencies:
            return ""
        raise TraceMissingInputsError(
            f"{self.bundle.__name__} reads {node.name}, which is not among its inputs, so feedback "
            "could not reach it. Pass it as an argument, or say "
            "bundle(allow_external_dependencies=True)."
        )

    def _failed(self, error: Exception) -> Exception:
        """The `ExecutionError` for a failure of the function; errors of ours pass through."""
        ours = isinstance(error, (TraceMissingInputsError, UserError))
        if ours or not self.bundle.options.catch_execution_error:
            return error
        more: dict[str, Any] = {"inputs": self.names}
        info = {"where": self.bundle.locate(error), "printed": getattr(error, "printed", "")}
        if any(info.values()):
            more["info"] = {key: text for key, text in info.items() if text}
        return failure(self.bundle.operator, error, self.inputs, more)

    def _recorded(self, result: Any) -> Any:
        op = self.bundle.operator
        if self.used is None and not self.printed and not self.bundle.options.traceable_code:
            more = None if self.names is op.arguments else {"inputs": self.names}
            return make(MessageNode, unwrap(result), op, op.counter, self.inputs, more)
        return self._recorded_in_full(result)

    def _recorded_in_full(self, result: Any) -> Any:
        op, used = self.bundle.operator, self.used or {}
        info: dict[str, Any] = {"printed": self.printed} if self.printed else {}
        if self.bundle.options.traceable_code:
            info["output"] = result = wrap(result)
        inside = {node: path for node, path in used.items() if path}
        outside = [node for node, path in used.items() if not path]
        if outside:
            info["external_dependencies"] = outside
        more = {"inputs": (*self.names, *inside.values()), "info": info}
        return make(MessageNode, unwrap(result), op, op.counter, (*self.inputs, *inside), more)
