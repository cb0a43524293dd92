"""Apply an operator to values and nodes: wrap the inputs, compute, record the output or failure."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from ._errors import ExecutionError, error_text, failed, safe_repr
from ._nested import KINDS, alike, contents, holds_nodes, without_cycles
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
    kind = KINDS[value.__class__]
    if kind is not None and holds_nodes(value):
        return without_cycles(_MAKERS[kind], value)
    base = name or TYPE_NAMES[value.__class__]
    return make(Node, value, base, COUNTERS[base])


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
    if isinstance(data, Record):
        return found(op, nodes, data)
    if mode.__class__ is Stopped:
        return make(Node, data, op.name, op.counter)
    return derive(MessageNode, data, op, op.counter, nodes, _names(op, nodes))


def found(op: Operator, nodes: tuple[Node[Any], ...], inner: Record[Any]) -> Any:
    """The output when it is a node that an input's value holds: that is one more input."""
    mode = MODE.get()
    if mode is not None:
        mode.use(inner)  # type: ignore[arg-type]
    if mode.__class__ is Stopped:
        return make(Node, inner._data, op.name, op.counter)
    inputs: Any = (*nodes, inner)
    return derive(MessageNode, inner._data, op, op.counter, inputs, _names(op, inputs))


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
    more = (name for name in map("args_{}".format, itertools.count()) if name not in known)
    return (*known, *itertools.islice(more, count - len(known)))


def _in_set(item: Any) -> tuple[int, str]:
    """Where an item of a set stands, whose own order is another in each process."""
    return (item._serial, "") if isinstance(item, Node) else (-1, safe_repr(item))


def _make_dict(value: dict[Any, Any]) -> Any:
    keys = list(value)

    def build(*items: Any) -> dict[Any, Any]:
        half = len(items) // 2
        pairs = dict(zip(items[:half], items[half:], strict=True))
        return pairs if value.__class__ is dict else alike(value, pairs.items())

    return apply(MAKE_DICT, build, [*keys, *value.values()])


def _make(op: Operator) -> Callable[[Any], Any]:
    return lambda value: apply(op, lambda *items: alike(value, items), contents(value))


def _make_set(value: Any) -> Any:
    return apply(MAKE_SET, lambda *items: alike(value, items), sorted(value, key=_in_set))


_MAKERS: dict[type, Callable[[Any], Any]] = {
    list: _make(MAKE_LIST),
    deque: _make(MAKE_LIST),
    tuple: _make(MAKE_TUPLE),
    set: _make_set,
    frozenset: _make_set,
    dict: _make_dict,
    slice: _make(MAKE_SLICE),
}
