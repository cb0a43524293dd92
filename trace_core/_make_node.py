"""`node`: how values come into a trace."""

from __future__ import annotations

from typing import Any

from ._node import Node, ParameterNode
from ._record import Record, clean, make
from ._state import COUNTERS, TYPE_NAMES


def node(
    value: Any,
    name: str | None = None,
    trainable: bool = False,
    description: str | None = None,
    constraint: Any = None,
) -> Any:
    """Wrap a value, so that what is computed from it is recorded.

    A node that is not to be made trainable is returned as it is; `trainable=True` always gives a
    new `ParameterNode`, which shares the value.

    >>> x = node(1.5, name="x", trainable=True, constraint="between 0 and 2")
    >>> y = x * 2
    >>> y.data, [p.name for p in y.parents]
    (3.0, ['x:0', 'int:0'])
    """
    if not trainable:
        if isinstance(value, Record):
            return value
        base = clean(name) if name else TYPE_NAMES[value.__class__]
        more = {"description": description} if description else None
        return make(Node, value, base, COUNTERS[base], more)
    raw = value._data if isinstance(value, Record) else value
    name = name or (value.base_name if isinstance(value, Node) else None)
    return ParameterNode(raw, name=name, description=description or "", constraint=constraint)
