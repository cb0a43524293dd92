"""One call of a bundle while it is being recorded."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Sequence
from types import CoroutineType, GeneratorType
from typing import TYPE_CHECKING, Any

from ._apply import failure, wrap
from ._binding import unused
from ._containers import attribute_of, inside
from ._errors import ExecutionError, TraceMissingInputsError, UserError
from ._labels import label
from ._mutation import InputChangedError
from ._nested import ATOMS, nodes_in, unwrap
from ._node import MessageNode, Node, ParameterNode
from ._record import derive
from ._state import MODE, Mode, leave, next_serial

if TYPE_CHECKING:
    from ._bundle import Bundle

LAZY = frozenset({GeneratorType, filter, map, zip})
"""What would read nodes when the body has ended."""


class Call:
    """Runs the function on plain values, watches what nodes its body reads, records the output.

    It is the `Mode` of the body: nodes made inside are the body's own, inputs may be read, and
    what a `NodeContainer` among the inputs holds becomes an input when it is read. Tasks and
    callbacks that the body has started may outlive it: from then on they are not part of it.
    """

    __slots__ = (
        *("bundle", "inputs", "names", "outer", "own"),
        *("looked", "over", "places", "printed", "serial", "used"),
    )

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
        self.used: dict[Node[Any], tuple[str, str] | None] | None = None
        self.own: set[int] | None = None  # serials of newer nodes that are known
        self.places: dict[Node[Any], tuple[str, str]] = {}  # of nodes in containers
        self.looked: tuple[bool, ...] = ()  # whether at collections too
        self.printed = ""  # by code in a sandbox
        self.over = False

    def run(self, function: Callable[..., Any], values: Sequence[Any]) -> Any:
        """Call `function`, which is the body or invokes it, and return the output's node.

        A coroutine function gives an awaitable of it.
        """
        token = MODE.set(self)
        result = None
        try:
            result = function(*values)
            if self.bundle.traceable or result.__class__ not in ATOMS:
                result = self._settle(result)
        except Exception as error:  # of the bundled function: it becomes a node
            failed = self.failed(error)
            if failed is None:
                raise
            raise failed from error
        finally:
            MODE.reset(token)
            self.over = result.__class__ is not CoroutineType
        if self.used is not None or self.bundle.traceable or result.__class__ is CoroutineType:
            return self._recorded(result)
        if self.printed:
            return self._recorded(result)
        op = self.bundle.operator
        more = None if self.names is op.arguments else {"inputs": self.names}
        return derive(MessageNode, result, op, op.counter, self.inputs, more)

    def read(self, node: Node[Any]) -> None:
        """Let inputs and the body's own nodes pass; remember or refuse the others.

        Raises:
            TraceMissingInputsError: the node comes from outside and is not an input.
        """
        if self.over or self._is_known(node):
            if self.over and self.outer is not None:
                self.outer.read(node)
            return
        place = self._place(node)
        if place is None and not self.bundle.options.allow_external_dependencies:
            raise self._missing(node)
        self._note(node, place)
        if self.outer is not None:
            self.outer.read(node)

    def use(self, node: Node[Any]) -> None:
        """Let an operator in the body have this node as its input, or the body return it.

        What the body makes of it is a node as well, so it can be an input of the whole.
        """
        if self.over or self._is_known(node):
            if self.over and self.outer is not None:
                self.outer.use(node)
            return
        place = self._place(node, again=False)
        if place is None and not self.bundle.options.allow_external_dependencies:
            place = "", label(node)
        self._note(node, place)
        if self.outer is not None:
            self.outer.use(node)

    def _is_known(self, node: Node[Any]) -> bool:
        if node._serial > self.serial:
            if not node._parents:  # made by the body, which may have left it in an input
                return not isinstance(node, ParameterNode) or self._place(node) is None
            return (self.own is not None and node._serial in self.own) or self._is_own(node)
        return self._is_given(node)

    def _is_given(self, node: Node[Any]) -> bool:
        for each in self.inputs:  # a loop: in Python 3.11 `any` costs a call
            if each is node:
                return True
        return self.used is not None and node in self.used

    def _is_own(self, node: Node[Any]) -> bool:
        """Whether a node that is newer than the call is the body's, not another task's or thread's.

        What the body makes is made of what is known here.
        """
        began, own = self.serial, self.own or set()
        found, stack = {node._serial}, [node]
        while stack:
            for parent in stack.pop()._parents:
                serial = parent._serial
                if serial <= began:
                    if not self._is_given(parent):
                        return False
                elif parent._parents and serial not in own and serial not in found:
                    found.add(serial)
                    stack.append(parent)
        own |= found
        self.own = own
        return True

    def _note(self, node: Node[Any], place: tuple[str, str] | None) -> None:
        self.used = self.used or {}
        self.used[node] = place
        self.own = self.own or set()
        self.own.add(node._serial)

    def holds(self, item: Any) -> bool:
        """Whether an object is among the inputs, or in one of them."""
        return any(found is item for each in self.inputs for _, found in inside(each._data))

    def failed(self, error: Exception) -> ExecutionError | None:
        """What to raise for a failure of the function; None if that is the error itself.

        A body that reads strange nodes or changes its inputs is a mistake of the person who wrote
        it; but if an optimizer did, it is feedback like any other failure.
        """
        bundle = self.bundle
        ours = isinstance(error, (TraceMissingInputsError, InputChangedError))
        let_pass = isinstance(error, UserError) or (ours and not bundle.rewritten)
        if let_pass or not bundle.options.catch_execution_error:
            return None
        where = [bundle.locate(error)]
        cause: BaseException = error
        while isinstance(cause, ExecutionError):  # of a bundle that the body called
            where += str(cause.exception_node.info.get("where", "")).splitlines()
            if cause.__cause__ is None:
                break
            cause = cause.__cause__
        inputs, more = self._parts()
        # each line once: a recursive function goes through the same ones again and again
        printed = getattr(error, "printed", "")
        if printed:
            more["info"] = {**more.get("info", {}), "printed": printed}
        more["info"] = {**more.get("info", {}), "where": "\n".join(dict.fromkeys(where))}
        return failure(bundle.operator, cause, inputs, more)

    def _settle(self, result: Any) -> Any:
        """The result as it is recorded: without nodes inside, or as a node of the inner graph."""
        if result.__class__ is CoroutineType:
            return result
        if result.__class__ in LAZY:
            kind = result.__class__.__name__
            raise TypeError(f"{self.bundle.__name__} must return a list, not a {kind}")
        for each in nodes_in(result):  # they may be from outside
            self.use(each)
        return wrap(result) if self.bundle.traceable else unwrap(result)

    def _recorded(self, result: Any) -> Any:
        if result.__class__ is CoroutineType:
            return self._later(result)
        inputs, more = self._parts()
        if self.printed:
            more["info"] = {**more.get("info", {}), "printed": self.printed}
        if self.bundle.traceable:
            more["info"] = {**more.get("info", {}), "output": result}
            result = result._data
        op = self.bundle.operator
        return derive(MessageNode, result, op, op.counter, inputs, more)

    async def _later(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Await the body in a context of its task's own."""
        token = MODE.set(self)
        try:
            result = self._settle(await coroutine)
        except Exception as error:
            failed = self.failed(error)
            if failed is None:
                raise
            raise failed from error
        finally:
            leave(token)
            self.over = True
        return self._recorded(result)

    def _place(self, node: Node[Any], again: bool = True) -> tuple[str, str] | None:
        """(argument, path in it) if a container among the inputs holds it, else None.

        What was looked through before is looked through `again`: the body may have changed it.
        """
        for name, each in zip(self.names, self.inputs, strict=True):
            near = attribute_of(each._data, node)
            if near is not None:
                return name, near
        for collections in (False, True):  # those may be long, and are seldom where it is
            if node not in self.places and (again or collections not in self.looked):
                self._look(collections)
        return self.places.get(node)

    def _look(self, collections: bool) -> None:
        """Note where the inputs hold nodes."""
        for name, each in zip(self.names, self.inputs, strict=True):
            for path, found in inside(each._data, collections):
                if isinstance(found, Node):
                    self.places.setdefault(found, (name, path))
        self.looked = (*self.looked, collections)

    def _missing(self, node: Node[Any]) -> TraceMissingInputsError:
        return TraceMissingInputsError(
            f"{self.bundle.__name__} reads {node.name}, which is not among its inputs, so feedback "
            "could not reach it. Pass it as an argument, or make the object that holds it a "
            "Module (@model) and pass that, or say bundle(allow_external_dependencies=True)."
        )

    def _parts(self) -> tuple[tuple[Node[Any], ...], dict[str, Any]]:
        """The inputs with those read from containers, and what else the output's node keeps."""
        inside = {node: place for node, place in (self.used or {}).items() if place}
        outside = [node for node, place in (self.used or {}).items() if not place]
        taken = set(self.names)
        more: dict[str, Any] = {"inputs": self.names}
        for argument, path in inside.values():
            name = re.sub(r"\W", "_", path) or argument
            more["inputs"] += (unused(name, taken, prefix=argument),)
        if outside:
            more["info"] = {"external_dependencies": outside}
        return (*self.inputs, *inside), more
