"""Operators as functions: what Python has no overload for, or what reads better as a call.

Each takes nodes or plain values and returns a node. None changes its arguments: `list_append(x, 1)`
is a longer list, and x stays as it is.
"""

from __future__ import annotations

import builtins
import copy
import math
import operator as _py
from collections.abc import Callable
from typing import Any

from ._apply import MAKE_DICT, MAKE_LIST, MAKE_SET, MAKE_TUPLE, apply, input_names
from ._binding import Form, unused
from ._nested import unwrap
from ._operator import Operator
from ._record import Record

Function = Callable[..., Any]


class operator:  # noqa: N801 reads as a keyword of this module's tables
    """A function of nodes or plain values whose calls are recorded.

    Args:
        name: base name of its outputs.
        function: what it computes from plain values.
        text: what it does, in words.
        *arguments: names of its inputs, the last of which may have defaults; without any it takes
            as many as it is given.
    """

    __slots__ = ("function", "op")

    def __init__(self, name: str, function: Function, text: str, *arguments: str) -> None:
        self.function = function
        self.op = Operator(name, text, arguments)

    def __call__(self, /, *args: Any, **keywords: Any) -> Any:
        """Apply it, and record that."""
        if keywords:
            return self._by_name(args, keywords)
        return apply(self.op, self.function, args)

    def _by_name(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        places, values = input_names(self.op, len(args)), (*args, *keywords.values())
        first = self.op.arguments[: len(values)]
        if sorted((*places, *keywords)) == sorted(first):
            given = dict(zip((*places, *keywords), values, strict=True))
            return apply(self.op, self.function, [given[name] for name in first])
        taken = set(places)  # "{x}".format(x=1) has an input x of its own
        op = Operator(self.op.name, self.op.text, (*places, *(unused(k, taken) for k in keywords)))
        return apply(op, Form(len(args), tuple(keywords)).adapt(self.function), values)

    def __repr__(self) -> str:
        return f"operator({self.op.name}: {self.op.text})"


def call(fun: Any, /, *args: Any, **keywords: Any) -> Any:
    """Call a node whose value is a function; the function is an input too."""
    places = ("fun", *(f"args_{i}" for i in range(len(args))))
    taken = set(places)
    names = (*places, *(unused(name, taken) for name in keywords))
    op = Operator("call", "fun(*args, **kwargs)", names)
    count = len(args)

    def run(fun: Function, *given: Any) -> Any:
        made = fun(*given[:count], **dict(zip(keywords, given[count:], strict=True)))
        return made if isinstance(made, Record) else unwrap(made)

    return apply(op, run, (fun, *args, *keywords.values()))


def _changed(method: str) -> Function:
    """A function that calls a method on a copy, and returns the copy."""

    def function(x: Any, /, *args: Any, **keywords: Any) -> Any:
        twin = copy.copy(x)
        getattr(twin, method)(*args, **keywords)
        return twin

    return function


def _method(name: str) -> Function:
    return lambda x, /, *args, **keywords: getattr(x, name)(*args, **keywords)


clone = operator("clone", copy.deepcopy, "a copy of x", "x")
identity = operator("identity", lambda x: x, "x as it is", "x")
cond = operator(
    "cond", lambda condition, x, y: x if condition else y, "x if condition, else y",
    "condition", "x", "y",
)  # fmt: skip
node_getattr = operator("getattr", getattr, "the attribute of obj with this name", "obj", "attr")
getitem = operator("getitem", _py.getitem, "x[index]", "x", "index")
len_ = operator("len", len, "the length of x", "x")
ord_ = operator("ord", ord, "the code point of the character x", "x")
chr_ = operator("chr", chr, "the character with code point x", "x")

neg = operator("neg", _py.neg, "-x", "x")
pos = operator("pos", _py.pos, "+x", "x")
abs = operator("abs", _py.abs, "abs(x)", "x")
invert = operator("invert", _py.invert, "~x", "x")
round = operator("round", builtins.round, "x rounded, to n digits if given", "x", "n")
floor = operator("floor", math.floor, "the largest whole number <= x", "x")
ceil = operator("ceil", math.ceil, "the smallest whole number >= x", "x")
trunc = operator("trunc", math.trunc, "x without its decimals", "x")

add = operator("add", _py.add, "x + y", "x", "y")
subtract = operator("subtract", _py.sub, "x - y", "x", "y")
multiply = operator("multiply", _py.mul, "x * y", "x", "y")
divide = operator("divide", _py.truediv, "x / y", "x", "y")
floor_divide = operator("floor_divide", _py.floordiv, "x // y", "x", "y")
mod = operator("mod", _py.mod, "x % y", "x", "y")
node_divmod = operator("divmod", divmod, "divmod(x, y)", "x", "y")
power = operator("power", pow, "x ** y", "x", "y")
matmul = operator("matmul", _py.matmul, "x @ y", "x", "y")
lshift = operator("lshift", _py.lshift, "x << y", "x", "y")
rshift = operator("rshift", _py.rshift, "x >> y", "x", "y")
and_ = operator("and", _py.and_, "x & y", "x", "y")
or_ = operator("or", _py.or_, "x | y", "x", "y")
xor = operator("xor", _py.xor, "x ^ y", "x", "y")
concat = operator("concat", _py.concat, "x + y: one after the other", "x", "y")

lt = operator("lt", _py.lt, "x < y", "x", "y")
le = operator("le", _py.le, "x <= y", "x", "y")
gt = operator("gt", _py.gt, "x > y", "x", "y")
ge = operator("ge", _py.ge, "x >= y", "x", "y")
eq = operator("eq", _py.eq, "x == y", "x", "y")
ne = neq = operator("neq", _py.ne, "x != y", "x", "y")
not_ = operator("not", _py.not_, "not x", "x")
is_ = operator("is", _py.is_, "whether x is y itself", "x", "y")
is_not = operator("is_not", _py.is_not, "whether x is not y itself", "x", "y")
in_ = operator("in", lambda x, y: x in y, "whether x is in y", "x", "y")
not_in = operator("not_in", lambda x, y: x not in y, "whether x is not in y", "x", "y")

capitalize = operator("capitalize", _method("capitalize"), "x with a capital first letter", "x")
lower = operator("lower", _method("lower"), "x in lower case", "x")
upper = operator("upper", _method("upper"), "x in upper case", "x")
swapcase = operator("swapcase", _method("swapcase"), "x with upper and lower case swapped", "x")
title = operator("title", _method("title"), "x with each word's first letter in upper case", "x")
split = operator("split", _method("split"), "x cut into a list of texts", "x", "sep", "maxsplit")
strip = operator("strip", _method("strip"), "x without spaces, or chars, at its ends", "x", "chars")
replace = operator("replace", _method("replace"), "x with new for old", "x", "old", "new", "count")
format = operator("format", _method("format"), "the template x filled with the other inputs", "x")
join = operator("join", lambda x, *texts: x.join(texts), "the other inputs joined by x", "x")
keys = operator("keys", lambda x: list(x.keys()), "the keys of x", "x")
values = operator("values", lambda x: list(x.values()), "the values of x", "x")
items = operator("items", lambda x: list(x.items()), "the pairs (key, value) of x", "x")
pop = operator("pop", lambda x, index=-1: x[index], "the item of x with this index", "x", "index")

make_list = operator(MAKE_LIST.name, lambda *items: list(items), MAKE_LIST.text)
make_tuple = operator(MAKE_TUPLE.name, lambda *items: items, MAKE_TUPLE.text)
make_set = operator(MAKE_SET.name, lambda *items: set(items), MAKE_SET.text)
to_list = operator("to_list", list, "list(x)", "x")
to_tuple = operator("to_tuple", tuple, "tuple(x)", "x")
to_set = operator("to_set", set, "set(x)", "x")
to_dict = operator("to_dict", dict, "dict(x)", "x")


def make_dict(**items: Any) -> Any:
    """A dict of the inputs, by keyword."""
    op = Operator(MAKE_DICT.name, "a dict of the inputs", tuple(items))
    return apply(op, lambda *given: dict(zip(items, given, strict=True)), list(items.values()))


list_append = operator("list_append", _changed("append"), "x and one more item, y", "x", "y")
list_extend = operator("list_extend", _changed("extend"), "x and the items of y", "x", "y")
list_insert = operator(
    "list_insert", _changed("insert"), "x with y inserted at index", "x", "index", "y"
)
list_remove = operator("list_remove", _changed("remove"), "x without an item, y", "x", "y")
list_pop = operator(
    "list_pop", _changed("pop"), "x without the item at index, or the last", "x", "index"
)
list_clear = operator("list_clear", _changed("clear"), "an empty list", "x")
list_reverse = operator("list_reverse", _changed("reverse"), "x in reverse order", "x")
list_sort = operator(
    "list_sort",
    lambda x, key=None, reverse=False: sorted(x, key=key, reverse=reverse),
    "x sorted",
    "x",
    "key",
    "reverse",
)
dict_update = operator("dict_update", _changed("update"), "x with the pairs of y", "x", "y")
dict_pop = operator("dict_pop", _changed("pop"), "x without a key", "x", "key")
dict_popitem = operator("dict_popitem", _changed("popitem"), "x without its last pair", "x")
set_add = operator("set_add", _changed("add"), "x and one more item, y", "x", "y")
set_remove = operator("set_remove", _changed("remove"), "x without an item, y", "x", "y")
set_discard = operator("set_discard", _changed("discard"), "x without an item, y", "x", "y")
set_pop = operator("set_pop", _changed("pop"), "x without one of its items", "x")
set_clear = operator("set_clear", _changed("clear"), "an empty set", "x")
set_update = operator("set_update", _changed("update"), "the items of x and of y", "x", "y")
set_intersection_update = operator(
    "set_intersection_update", _changed("intersection_update"), "what x and y share", "x", "y"
)
set_symmetric_difference_update = operator(
    "set_symmetric_difference_update",
    _changed("symmetric_difference_update"),
    "what only one of x and y has",
    "x",
    "y",
)
