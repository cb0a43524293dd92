"""Python's operators and some methods on nodes, all of them functions of `operators`.

The binary operators are what long traces are made of, so they have a fast path of their own;
everything else goes through `apply`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

from . import operators as ops
from ._apply import apply, failure, found, wrap
from ._errors import UntracedError
from ._node import MessageNode, Node
from ._operator import Operator
from ._record import Record, derive
from ._state import MODE

_Method = Callable[..., Any]

REFLECTED = {
    "sub": ops.subtract,
    "mul": ops.multiply,
    "truediv": ops.divide,
    "floordiv": ops.floor_divide,
    "mod": ops.mod,
    "divmod": ops.node_divmod,
    "pow": ops.power,
    "matmul": ops.matmul,
    "lshift": ops.lshift,
    "rshift": ops.rshift,
    "and": ops.and_,
    "or": ops.or_,
    "xor": ops.xor,
}
BINARY = {
    "__lt__": ops.lt,
    "__le__": ops.le,
    "__gt__": ops.gt,
    "__ge__": ops.ge,
    "eq": ops.eq,
    "neq": ops.neq,
    "__getitem__": ops.getitem,
    "getattr": ops.node_getattr,
}
UNARY = {
    "__neg__": ops.neg,
    "__pos__": ops.pos,
    "__abs__": ops.abs,
    "__invert__": ops.invert,
    "__floor__": ops.floor,
    "__ceil__": ops.ceil,
    "__trunc__": ops.trunc,
    "__round__": ops.round,
    "len": ops.len_,
    "clone": ops.clone,
    "capitalize": ops.capitalize,
    "lower": ops.lower,
    "upper": ops.upper,
    "swapcase": ops.swapcase,
    "title": ops.title,
    "keys": ops.keys,
    "values": ops.values,
}
METHODS = {
    "format": ops.format,
    "replace": ops.replace,
    "split": ops.split,
    "strip": ops.strip,
    # These two change the value in place, as the program means them to.
    "append": ops.operator("append", lambda x, item: x.append(item), "x.append(item)", "x", "item"),
    "pop": ops.operator("pop", lambda x, *args: x.pop(*args), "remove an item of x, and give it"),
    "get": ops.operator("get", lambda x, *a: x.get(*a), "x[key] or default", "x", "key", "default"),
}


_ITERATE = Operator("iterate", "one item of x after the other", ("x",))


def _binary(op: Operator, function: _Method, reflected: bool = False) -> _Method:
    counter = op.counter

    def method(self: Node[Any], other: Any) -> Any:
        if not isinstance(other, Record):
            other = wrap(other)
        pair = (other, self) if reflected else (self, other)
        if MODE.get() is not None:
            return apply(op, function, pair)
        try:
            data = function(pair[0]._data, pair[1]._data)
        except Exception as error:
            raise failure(op, error, pair) from error
        if isinstance(data, Record):
            return found(op, pair, data)
        return derive(MessageNode, data, op, counter, pair)

    return method


def _add(reflected: bool) -> _Method:
    numbers = _binary(ops.add.op, ops.add.function, reflected)
    texts = _binary(ops.concat.op, ops.add.function, reflected)

    def method(self: Node[Any], other: Any) -> Any:
        return (texts if self._data.__class__ is str else numbers)(self, other)

    return method


def _method(operator: ops.operator) -> _Method:
    """A bound form of the operator."""

    def method(self: Node[Any], /, *args: Any, **keywords: Any) -> Any:
        return operator(self, *args, **keywords)

    return method


def _call_method(self: Node[Any], name: str, /, *args: Any, **keywords: Any) -> Any:
    return ops.call(ops.node_getattr(self, name), *args, **keywords)


def _join(self: Node[Any], texts: Any) -> Any:
    return ops.join(self, *texts)


def _items(self: Node[Any]) -> list[tuple[Any, Any]]:
    return [(key, ops.getitem(self, key)) for key in ops.keys(self)]


def _iterate(self: Node[Any]) -> Iterator[Any]:
    data = self.data
    if isinstance(data, dict):
        return iter(ops.keys(self))
    try:
        if _has_places(data):
            len(data)  # an array without axes has none
            return _by_place(self)
        iter(data)
    except TypeError as reason:
        error = TypeError(f"{type(data).__name__} can't be iterated or unpacked")
        raise failure(_ITERATE, error, (self,)) from reason
    return iter(ops.to_list(self))


def _has_places(data: Any) -> bool:
    """Whether iteration goes from one place to the next: what says otherwise is asked itself."""
    if not (hasattr(data, "__getitem__") and hasattr(data, "__len__")) or hasattr(data, "keys"):
        return False
    itself = hasattr(type(data), "__iter__")
    return not itself or isinstance(data, Sequence) or hasattr(data, "shape")


def _by_place(self: Node[Any]) -> Iterator[Any]:
    """Its items, also those that are appended meanwhile."""
    place = 0
    while place < len(self._data):
        yield ops.getitem(self, place)
        place += 1


def _refuse(what: str, instead: str) -> _Method:
    def method(self: Node[Any], *_: Any) -> NoReturn:
        raise UntracedError(f"{what} of {self.name} would not be traced. {instead}")

    return method


_COPY = "Make a new object, or change it in a @bundle function that returns it."
_READ = "Use node.data for the plain value, or a @bundle function to trace the conversion."


def install() -> None:
    """Give `Node` its operators."""
    methods: dict[str, _Method] = {"__add__": _add(False), "__radd__": _add(True)}
    for key, operator in REFLECTED.items():
        methods[f"__{key}__"] = _binary(operator.op, operator.function)
        methods[f"__r{key}__"] = _binary(operator.op, operator.function, reflected=True)
    for key, operator in BINARY.items():
        methods[key] = _binary(operator.op, operator.function)
    for key, operator in (UNARY | METHODS).items():
        methods[key] = _method(operator)
    methods |= {
        "__call__": ops.call,
        "__iter__": _iterate,
        "call": _call_method,
        "items": _items,
        "join": _join,
        "__setitem__": _refuse("Item assignment", _COPY),
        "__delitem__": _refuse("Item deletion", _COPY),
        "__int__": _refuse("int()", _READ),
        "__float__": _refuse("float()", _READ),
        "__index__": _refuse("Use as an index", _READ),
    }
    for name, method in methods.items():
        if method is not ops.call:
            method.__name__ = name
        setattr(Node, name, method)


install()
