"""Python's operators and some methods on nodes, each a line in a table.

The binary operators are what long traces are made of, so they have a fast path of their own;
everything else goes through `apply`.
"""

from __future__ import annotations

import copy
import math
import operator as py
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from ._apply import apply, failure, unwrap, wrap
from ._errors import TraceError
from ._node import MessageNode, Node
from ._operator import Operator
from ._record import Record, make
from ._state import MODE

_Method = Callable[..., Any]

ADD = Operator("add", "x + y", ("x", "y"))
CONCAT = Operator("concat", "x + y: one text after the other", ("x", "y"))
GETITEM = Operator("getitem", "x[index]", ("x", "index"))
CALL = Operator("call", "fun(*args, **kwargs)")
GETATTR = Operator("getattr", "getattr(x, key)", ("x", "key"))
ITEMS = Operator("items", "the pairs (key, value) of x", ("x",))

BINARY: dict[str, tuple[str, _Method, str]] = {
    "sub": ("subtract", py.sub, "x - y"),
    "mul": ("multiply", py.mul, "x * y"),
    "truediv": ("divide", py.truediv, "x / y"),
    "floordiv": ("floor_divide", py.floordiv, "x // y"),
    "mod": ("mod", py.mod, "x % y"),
    "divmod": ("divmod", divmod, "divmod(x, y)"),
    "pow": ("power", pow, "x ** y"),
    "matmul": ("matmul", py.matmul, "x @ y"),
    "lshift": ("lshift", py.lshift, "x << y"),
    "rshift": ("rshift", py.rshift, "x >> y"),
    "and": ("and", py.and_, "x & y"),
    "or": ("or", py.or_, "x | y"),
    "xor": ("xor", py.xor, "x ^ y"),
}
COMPARISONS: dict[str, tuple[str, _Method, str]] = {
    "__lt__": ("lt", py.lt, "x < y"),
    "__le__": ("le", py.le, "x <= y"),
    "__gt__": ("gt", py.gt, "x > y"),
    "__ge__": ("ge", py.ge, "x >= y"),
    "eq": ("eq", py.eq, "x == y"),
    "neq": ("neq", py.ne, "x != y"),
}
UNARY: dict[str, tuple[str, _Method, str]] = {
    "__neg__": ("neg", py.neg, "-x"),
    "__pos__": ("pos", py.pos, "+x"),
    "__abs__": ("abs", abs, "abs(x)"),
    "__invert__": ("invert", py.invert, "~x"),
    "__floor__": ("floor", math.floor, "the largest whole number <= x"),
    "__ceil__": ("ceil", math.ceil, "the smallest whole number >= x"),
    "__trunc__": ("trunc", math.trunc, "x without its decimals"),
    "len": ("len", len, "len(x)"),
}
METHODS = {
    "append": "append an item to the list x, in place",
    "capitalize": "the text x with its first letter in upper case",
    "format": "the template x filled with the other inputs",
    "get": "x[key], or a default",
    "join": "the texts joined by x",
    "keys": "the keys of x",
    "lower": "the text x in lower case",
    "pop": "remove an item from x, in place, and return it",
    "replace": "the text x with one part replaced by another",
    "split": "the words of the text x",
    "strip": "the text x without spaces at its ends",
    "swapcase": "the text x with upper and lower case swapped",
    "title": "the text x with each word's first letter in upper case",
    "upper": "the text x in upper case",
    "values": "the values of x",
}


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
        return make(MessageNode, data, op, counter, pair)

    return method


def _add(reflected: bool) -> _Method:
    numbers, texts = (_binary(op, py.add, reflected) for op in (ADD, CONCAT))

    def method(self: Node[Any], other: Any) -> Any:
        return (texts if self._data.__class__ is str else numbers)(self, other)

    return method


def _unary(op: Operator, function: _Method) -> _Method:
    def method(self: Node[Any]) -> Any:
        return apply(op, function, (self,))

    return method


def _named(op: Operator, name: str) -> _Method:
    def function(x: Any, *args: Any) -> Any:
        result = getattr(x, name)(*args)
        return list(result) if name in ("keys", "values") else result

    def method(self: Node[Any], *args: Any, **keywords: Any) -> Any:
        if keywords:
            return call(_getattr(self, name), *args, **keywords)
        return apply(op, function, (self, *args))

    return method


def call(function: Any, *args: Any, **keywords: Any) -> Any:
    """Call a node whose value is a function; the function is an input too."""
    names = ("fun", *(f"args_{i}" for i in range(len(args))), *keywords)
    op = Operator(CALL.name, CALL.text, names)
    count = len(args)

    def run(fun: Callable[..., Any], *values: Any) -> Any:
        return unwrap(fun(*values[:count], **dict(zip(keywords, values[count:], strict=True))))

    return apply(op, run, (function, *args, *keywords.values()))


def getitem(self: Node[Any], index: Any) -> Any:
    """`x[index]`, recorded."""
    return apply(GETITEM, py.getitem, (self, index))


def _getattr(self: Node[Any], key: Any) -> Any:
    return apply(GETATTR, getattr, (self, key))


def _call_method(self: Node[Any], name: str, *args: Any, **keywords: Any) -> Any:
    return call(_getattr(self, name), *args, **keywords)


def _round(self: Node[Any], digits: int | None = None) -> Any:
    op = Operator("round", "round(x, digits)" if digits is not None else "round(x)")
    return apply(op, round, (self,) if digits is None else (self, digits))


def _items(self: Node[Any]) -> list[tuple[Any, Any]]:
    return [(getitem(pairs, 0), getitem(pairs, 1)) for pairs in apply_items(self)]


def apply_items(self: Node[Any]) -> Iterator[Any]:
    """The pairs of a dict, a node each."""
    return iter(apply(ITEMS, lambda x: list(x.items()), (self,)))


def _iterate(self: Node[Any]) -> Iterator[Any]:
    data = self.data
    if isinstance(data, (set, frozenset, dict)):
        return iter(apply(Operator("to_list", "list(x)", ("x",)), list, (self,)))
    if not (hasattr(data, "__getitem__") and hasattr(data, "__len__")):
        raise TypeError(
            f"{self.name} is a {type(data).__name__}: it can't be iterated item by item"
        )
    return (getitem(self, i) for i in range(len(data)))


def _refuse(what: str, instead: str) -> _Method:
    def method(self: Node[Any], *_: Any) -> NoReturn:
        raise TraceError(f"{what} of {self.name} would not be traced. {instead}")

    return method


_COPY = "Make a new object, or change it in a @bundle function that returns it."
_READ = "Use node.data for the plain value, or a @bundle function to trace the conversion."


def install() -> None:
    """Give `Node` its operators."""
    methods: dict[str, _Method] = {"__add__": _add(False), "__radd__": _add(True)}
    for key, (name, function, text) in BINARY.items():
        op = Operator(name, text, ("x", "y"))
        methods[f"__{key}__"] = _binary(op, function)
        methods[f"__r{key}__"] = _binary(op, function, reflected=True)
    for key, (name, function, text) in COMPARISONS.items():
        methods[key] = _binary(Operator(name, text, ("x", "y")), function)
    for key, (name, function, text) in UNARY.items():
        methods[key] = _unary(Operator(name, text, ("x",)), function)
    for name, text in METHODS.items():
        methods[name] = _named(Operator(name, text), name)
    methods |= {
        "__call__": call,
        "__getitem__": getitem,
        "__iter__": _iterate,
        "__round__": _round,
        "getattr": _getattr,
        "call": _call_method,
        "items": _items,
        "clone": _unary(Operator("clone", "a copy of x", ("x",)), copy.deepcopy),
        "__setitem__": _refuse("Item assignment", _COPY),
        "__delitem__": _refuse("Item deletion", _COPY),
        "__int__": _refuse("int()", _READ),
        "__float__": _refuse("float()", _READ),
        "__index__": _refuse("Use as an index", _READ),
    }
    for name, method in methods.items():
        method.__name__ = name
        setattr(Node, name, method)


install()
