"""`apply_op`: one operator over all the nodes of nested containers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ._containers import NodeContainer
from ._node import Node


def apply_op(op: Callable[..., Any], output: Any, *args: Any, **keywords: Any) -> Any:
    """Apply an operator element by element, and put the results into `output`.

    The containers (lists, tuples, dicts, `NodeContainer`s, nested) must have the shape of
    `output`. A node among the arguments is used for every element. Where no argument has a node,
    `output` stays as it is.

    Args:
        op: a function of nodes.
        output: a container of that shape, which is changed; tuples in it are made anew.
        *args: containers and nodes.
        **keywords: the same, by name.

    Returns:
        `output`, or the operator's result if all arguments are nodes.

    Raises:
        ValueError: shapes differ, or a container holds itself.

    >>> from trace_core import apply_op, node
    >>> sums = apply_op(lambda x, y: x + y, [0, 0], [node(1), node(2)], node(10))
    >>> [s.data for s in sums]
    [11, 12]
    """
    return _apply(op, output, (*args, *keywords.values()), tuple(keywords), "output", ())


def _apply(
    op: Callable[..., Any],
    output: Any,
    inputs: tuple[Any, ...],
    keywords: tuple[str, ...],
    place: str,
    above: tuple[int, ...],
) -> Any:
    """One container or element; `inputs` are the positional arguments, then the keywords'."""
    if not _is_container(output) or all(isinstance(each, Node) for each in inputs):
        return _element(op, output, inputs, keywords, place)
    if id(output) in above:
        raise ValueError(f"{place} holds itself")
    for each in inputs:
        if not isinstance(each, Node) and _shape(each) != _shape(output):
            raise ValueError(f"{place} is {_shape(output)}, but an argument there {_shape(each)}")
    parts = {}
    for key, item in _items(output):
        inner = tuple(each if isinstance(each, Node) else _item(each, key) for each in inputs)
        where = f"{place}.{key}" if isinstance(output, NodeContainer) else f"{place}[{key!r}]"
        parts[key] = _apply(op, item, inner, keywords, where, (*above, id(output)))
    return _filled(output, parts)


def _element(
    op: Callable[..., Any],
    output: Any,
    inputs: tuple[Any, ...],
    keywords: tuple[str, ...],
    place: str,
) -> Any:
    if not any(isinstance(each, Node) for each in inputs):
        return output
    for each in inputs:
        if _is_container(each):
            raise ValueError(f"{place} is one element, but an argument there {_shape(each)}")
    count = len(inputs) - len(keywords)
    return op(*inputs[:count], **dict(zip(keywords, inputs[count:], strict=True)))


def _is_container(item: Any) -> bool:
    return isinstance(item, (list, tuple, dict, NodeContainer))


def _items(container: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(container, (list, tuple)):
        yield from enumerate(container)
    else:
        fields = container if isinstance(container, dict) else vars(container)
        yield from list(fields.items())


def _item(container: Any, key: Any) -> Any:
    return getattr(container, key) if isinstance(container, NodeContainer) else container[key]


def _shape(item: Any) -> str:
    """What must be equal, in words."""
    name = type(item).__name__
    if not _is_container(item):
        return f"a {name}"
    keys = [key for key, _ in _items(item)]
    if isinstance(item, (list, tuple)):
        return f"a {name} of {len(keys)}"
    return f"a {name} with {', '.join(sorted(map(str, keys)))}"


def _filled(output: Any, parts: dict[Any, Any]) -> Any:
    if isinstance(output, tuple):
        values = parts.values()
        return type(output)(*values) if hasattr(output, "_fields") else tuple(values)
    for key, item in parts.items():
        if isinstance(output, NodeContainer):
            setattr(output, key, item)
        else:
            output[key] = item
    return output
