"""Apply an operator to values and nodes: wrap the inputs, compute, record the output or failure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ._errors import ExecutionError, TraceError, error_text, failed, safe_repr
from ._node import ExceptionNode, MessageNode, Node
from ._operator import Operator
from ._record import Record, derive, make
from ._state import COUNTERS, MODE, TYPE_NAMES, Stopped

MAKE_LIST = Operator("make_list", "a list of the inputs")
MAKE_TUPLE = Operator("make_tuple", "a tuple of the inputs")
MAKE_SET = Operator("make_set", "a set of the inputs")
MAKE_DICT = Operator("make_dict", "a dict of the keys and values")
MAKE_SLICE = Operator("make_slice", "slice(start, stop, step)", ("start", "stop", "step"))


def wrap(value: Any, name: str | None = None) -> Any:
    """A node for `value`: itself, a new root, or for a container of nodes a node made of those."""
    if isinstance(value, Record):
        return value
    maker = _MAKERS.get(value.__class__)
    if maker is not None and holds_nodes(value):
        return _without_cycles(maker, value)
    base = name or TYPE_NAMES[value.__class__]
    return make(Node, value, base, COUNTERS[base])


def holds_nodes(value: object) -> bool:
    """True if a node is somewhere inside nested lists, tuples, sets, dicts or slices."""
    return next(nodes_in(value), None) is not None


def nodes_in(value: object) -> Iterator[Any]:
    """The node that the value is, or those inside such containers."""
    seen: set[int] = set()
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, Record):
            yield item
        elif item.__class__ in _MAKERS and id(item) not in seen:
            seen.add(id(item))
            stack.extend(_contents(item))


def unwrap(value: Any) -> Any:
    """The value with every node inside nested containers replaced by its data."""
    if isinstance(value, Node):
        return value.data
    kind = value.__class__
    if kind not in _MAKERS or not holds_nodes(value):
        return value
    return _without_cycles(_unwrap_container, value)


def _unwrap_container(value: Any) -> Any:
    if value.__class__ is dict:
        return {unwrap(k): unwrap(v) for k, v in value.items()}
    if value.__class__ is slice:
        return slice(*map(unwrap, _contents(value)))
    return value.__class__(map(unwrap, value))


def _without_cycles(function: Callable[[Any], Any], value: Any) -> Any:
    try:
        return function(value)
    except RecursionError:
        raise TraceError("a container of nodes is cyclic, or nested too deeply") from None


def apply(op: Operator, function: Callable[..., Any], inputs: Sequence[Any]) -> Any:
    """Record `function(*inputs)` as an operator.

    Raises:
        ExecutionError: the function raised; its `exception_node` ends the graph.
    """
    nodes = tuple(map(wrap, inputs))
    mode = MODE.get()
    if mode is not None:
        for each in nodes:
            mode.use(each)
    try:
        data = function(*[each._data for each in nodes])
    except Exception as error:  # whatever the operator raises becomes a node
        raise failure(op, error, nodes) from error
    if mode.__class__ is Stopped:
        return make(Node, data, op.name, op.counter)
    return derive(MessageNode, data, op, op.counter, nodes, _names(op, nodes))


def failure(
    op: Operator,
    error: BaseException,
    nodes: tuple[Node[Any], ...],
    names: dict[str, Any] | None = None,
) -> ExecutionError:
    """The error to raise when an operator failed: its node has the operator's inputs as parents."""
    more = names or _names(op, nodes)
    counter = COUNTERS[failed(op.name)]
    return ExecutionError(derive(ExceptionNode, error_text(error), op, counter, nodes, more))


def _names(op: Operator, nodes: tuple[Node[Any], ...]) -> dict[str, Any] | None:
    if len(op.arguments) == len(nodes):
        return None
    return {"inputs": input_names(op, len(nodes))}


def input_names(op: Operator, count: int) -> tuple[str, ...]:
    """The names of so many inputs: the operator's as far as they go, then args_0, args_1, ...."""
    known = op.arguments[:count]
    return (*known, *(f"args_{i}" for i in range(count - len(known))))


def _contents(container: Any) -> list[Any]:
    if isinstance(container, dict):
        return [*container.keys(), *container.values()]
    if isinstance(container, slice):
        return [container.start, container.stop, container.step]
    return list(container)


def _in_set(item: Any) -> tuple[int, str]:
    """Where an item of a set stands, whose own order is another in each process."""
    return (item._serial, "") if isinstance(item, Node) else (-1, safe_repr(item))


def _make_dict(value: dict[Any, Any]) -> Any:
    keys = list(value)

    def build(*items: Any) -> dict[Any, Any]:
        half = len(items) // 2
        return dict(zip(items[:half], items[half:], strict=True))

    return apply(MAKE_DICT, build, [*keys, *value.values()])


_MAKERS: dict[type, Callable[[Any], Any]] = {
    list: lambda v: apply(MAKE_LIST, lambda *items: list(items), v),
    tuple: lambda v: apply(MAKE_TUPLE, lambda *items: items, v),
    set: lambda v: apply(MAKE_SET, lambda *items: set(items), sorted(v, key=_in_set)),
    dict: _make_dict,
    slice: lambda v: apply(MAKE_SLICE, slice, _contents(v)),
}
