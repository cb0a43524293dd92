"""Objects that hold nodes, and find their parameters."""

from __future__ import annotations

import copy
import os
from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from types import MemberDescriptorType, MethodType
from typing import Any, Self

from . import _json
from ._errors import UserError
from ._nested import ATOMS
from ._node import Node, ParameterNode
from ._source import as_written

METHODS = "__trainable_methods__"
"""Where an object keeps its own copies of its class's trainable methods."""
Members = Sequence[tuple[str, Any]]
COLLECTIONS = (deque, dict, frozenset, list, set, tuple)


class NodeContainer:
    """An object whose attributes are nodes, or objects that hold nodes.

    A bundle that gets one as an argument may read the nodes inside; those it reads become inputs.
    """

    def named_nodes(self) -> Iterator[tuple[str, Node[Any]]]:
        """(path, node) for every node inside, each once, also in nested containers.

        Names are joined by dots, as in "layers.0.weight". A trainable bundle stands for its code.
        """
        return ((path, item) for path, item in inside(self) if isinstance(item, Node))

    def _members(self) -> Members:
        """(name, object) for what may hold nodes: class attributes, own ones, trainable methods."""
        cls = type(self)
        shared = {k: v for base in reversed(cls.__mro__) for k, v in vars(base).items()}
        kept = {k: v for k, v in shared.items() if _is_shared_data(v)}
        kept |= _in_slots(self, shared) | vars(self)
        methods = {k: v.of(self) for k, v in (_trainable_methods(cls) | _under_super(cls)).items()}
        return [*((k, v) for k, v in kept.items() if not k.startswith("__")), *methods.items()]


class ParameterContainer(NodeContainer):
    """A container that knows its parameters."""

    def parameters(self) -> list[ParameterNode[Any]]:
        """All parameters inside, each once, in order of definition."""
        return [n for _, n in self.named_nodes() if isinstance(n, ParameterNode)]

    def parameters_dict(self) -> dict[str, ParameterNode[Any]]:
        """All parameters inside by path, such as "layers.0.weight"; a trainable method's name."""
        found: dict[str, ParameterNode[Any]] = {}
        for path, inner in self.named_nodes():
            if isinstance(inner, ParameterNode):
                while path in found:  # the keys of a dict may look like a path
                    path += "_"
                found[path] = inner
        return found

    def copy(self) -> Self:
        """An independent container with the same values and the same learnt code."""
        return copy.deepcopy(self)

    def save(self, file: str | os.PathLike[str]) -> None:
        """Write the parameters' values, code among them, as JSON: whole or not at all.

        Raises:
            UserError: a value is no plain data, nor a NumPy array.
        """
        values = {}
        for name, parameter in self.parameters_dict().items():
            try:
                values[name] = _json.encode(parameter.data)
            except TypeError as error:
                raise UserError(f"the parameter {name!r} can't be saved: {error}") from error
        _json.write(file, values)

    def load(self, file: str | os.PathLike[str]) -> None:
        """Read values that `save` wrote into the parameters of the same names.

        Raises:
            UserError: the file is missing, damaged, or holds other parameters.
        """
        data = _json.read(file)
        if not isinstance(data, dict):
            raise UserError(f"{file} holds no parameters")
        try:
            values = {name: _json.decode(each) for name, each in data.items()}
        except (TypeError, ValueError, ImportError) as error:
            raise UserError(f"{file} can't be loaded: {error}") from error
        self.load_values(values)

    def load_values(self, values: dict[str, Any]) -> None:
        """Set all parameters by name.

        Raises:
            UserError: the names are not this module's.
        """
        own = self.parameters_dict()
        if set(values) != set(own):
            raise UserError(
                f"the parameters given are {sorted(values)}, those of {type(self).__name__} are "
                f"{sorted(own)}"
            )
        for name, parameter in own.items():
            parameter.update(values[name])


class CodeContainer(ParameterContainer):
    """A function whose code is a parameter, if it is trainable. Only bundles are that."""

    trainable: bool
    parameter: ParameterNode[str] | None
    function: Callable[..., Any]

    @abstractmethod
    def of(self, owner: Any) -> CodeContainer:
        """The bundle with the code of this object, whose class has the bundle as a method."""

    def parameters_dict(self) -> dict[str, ParameterNode[Any]]:
        """The code, by the name of the attribute that it is here."""
        return {"parameter": self.parameter} if self.parameter is not None else {}

    def _members(self) -> Members:
        return [("", self.parameter)] if self.parameter is not None else []


def inside(container: Any, collections: bool = True) -> Iterator[tuple[str, Any]]:
    """(path, object) for a container or collection itself, and all that is in it, each once.

    Without `collections`, what is in lists, tuples, sets and dicts is left out: they may be long.
    """
    seen: dict[int, Any] = {}  # holds what it has seen, lest another object get an old id
    stack: list[tuple[str, Any]] = [("", container)]
    while stack:
        path, item = stack.pop()
        if id(item) in seen:
            continue
        seen[id(item)] = item
        yield path, item
        if not isinstance(item, Node) and (collections or not isinstance(item, COLLECTIONS)):
            below = [(".".join(filter(None, (path, k))), v) for k, v in _members(item)]
            stack += reversed(below)


def attribute_of(container: Any, node: Node[Any]) -> str | None:
    """The attribute or method whose node or code it is: the usual case, found without a search."""
    if not isinstance(container, NodeContainer):
        return None
    own = vars(container)
    copies: dict[str, CodeContainer] = own.get(METHODS, {})
    codes = [each.function.__name__ for each in copies.values() if each.parameter is node]
    if codes and sum(each.function.__name__ == codes[0] for each in copies.values()) == 1:
        return str(codes[0])
    return next((name for name, item in own.items() if item is node), None)


def _members(item: Any) -> Members:
    """(name, object) for what may hold nodes in a container or built-in collection."""
    if isinstance(item, NodeContainer):
        return item._members()
    if isinstance(item, dict):
        keys = [(f"key_{i}", k) for i, k in enumerate(item) if isinstance(k, Node)]
        held = ((k, v) for k, v in item.items() if not _is_plain(v))
        return [*keys, *((str(getattr(k, "_data", k)), v) for k, v in held)]
    if isinstance(item, (set, frozenset)):
        nodes = [each for each in item if isinstance(each, Node)]
        item = sorted(nodes, key=lambda n: n._serial)  # a set's own order differs every time
    if isinstance(item, (deque, list, tuple)):
        return [(str(i), v) for i, v in enumerate(item) if not _is_plain(v)]
    bundle = bundle_in(item)
    return [] if bundle is None else [("", bundle)]


def _is_plain(item: Any) -> bool:
    """Whether an item surely holds no nodes: data sets are long lists of such."""
    kind = item.__class__
    if kind is tuple or kind is list:
        return ATOMS.issuperset(map(type, item))
    return kind in ATOMS


def bundle_in(item: Any) -> CodeContainer | None:
    """The bundle in a class's attribute: under `classmethod`, `property`, other decorators."""
    for _ in range(100):  # no real stack of decorators is so high, but __wrapped__ may be a circle
        if item is None or isinstance(item, CodeContainer):
            return item
        item = _inside(item)
    return None


def _inside(item: Any) -> Any:
    if isinstance(item, (classmethod, staticmethod, MethodType)):
        return item.__func__
    if isinstance(item, property):
        return item.fget
    if isinstance(item, (cached_property, partial)):
        return item.func
    return getattr(item, "__dict__", {}).get("__wrapped__") if callable(item) else None


def _in_slots(item: object, shared: Mapping[str, Any]) -> dict[str, Any]:
    """What an object has in slots of its class, which `vars` does not show."""
    slots = [name for name, each in shared.items() if isinstance(each, MemberDescriptorType)]
    return {name: getattr(item, name) for name in slots if hasattr(item, name)}


def _is_shared_data(item: Any) -> bool:
    return isinstance(item, (Node, NodeContainer)) and not isinstance(item, CodeContainer)


def _trainable_methods(cls: type) -> dict[str, CodeContainer]:
    """Those that instances of the class have, base classes' first."""
    found = {k: bundle_in(v) for base in reversed(cls.__mro__[:-1]) for k, v in vars(base).items()}
    return {k: v for k, v in found.items() if v is not None and v.trainable}


def _under_super(cls: type) -> dict[str, CodeContainer]:
    """Trainable methods that are overridden, but called by the method that overrides them."""
    found: dict[str, CodeContainer] = {}
    overriding: dict[str, set[str]] = {}  # the names that more derived versions of a method use
    for base in cls.__mro__[:-1]:
        for name, item in vars(base).items():
            bundle, names = bundle_in(item), overriding.get(name, set())
            called = name in names and ("super" in names or base.__name__ in names)
            if bundle is not None and bundle.trainable and called:
                found[f"{base.__name__}.{name}"] = bundle
            function = as_written(bundle.function if bundle is not None else item)
            if function is not None:
                overriding[name] = names | set(function.__code__.co_names)
    return found
