"""`node`: how values come into a trace."""

from __future__ import annotations

from typing import Any

from ._apply import wrap
from ._nested import KINDS, holds_nodes
from ._node import MessageNode, Node, ParameterNode
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

    A node that is not to be made trainable is returned as it is, and a list, tuple, set or dict
    that holds nodes becomes a node made of those. `trainable=True` always gives a new
    `ParameterNode`, which shares the value.

    >>> x = node(1.5, name="x", trainable=True, constraint="between 0 and 2")
    >>> y = x * 2
    >>> y.data, [p.name for p in y.parents]
    (3.0, ['x:0', 'int:0'])
    """
    if not trainable:
        if isinstance(value, Record):
            return value
        if KINDS[value.__class__] is not None and holds_nodes(value):
            return _made(value, name, description)
        base = clean(name) if name else TYPE_NAMES[value.__class__]
        more = {"description": description} if description else None
        return make(Node, value, base, COUNTERS[base], more)
    name = name or (value.base_name if isinstance(value, Node) else None)
    return ParameterNode(value, name=name, description=description or "", constraint=constraint)


def _made(value: Any, name: str | None, description: str | None) -> Any:
    made = wrap(value)
    if not (name or description) or not made.parents:
        return made
    about = f"[{made.base_name}] {description or made.operator.text}"
    return MessageNode(made.data, inputs=made.inputs, name=name, description=about)
