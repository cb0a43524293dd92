"""Nodes: recorded values. A node knows its parents; its children do not stay alive through it."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from ._binding import unused
from ._errors import TraceError, error_text, failed, safe_repr
from ._nested import equal, holds_nodes, unwrap
from ._operator import Operator
from ._record import KEPT, Record, become, clean, derive, make, said
from ._state import COUNTERS, MODE
from ._traced import TracedOperators

if TYPE_CHECKING:
    import graphviz

    from ._propagate import GraphPropagator, Propagator

T = TypeVar("T")


class Node(Record[T], TracedOperators):
    """A recorded value with its parents and the operator that made it (the paper's §3.1).

    Python's operators, indexing and many methods work on it and are recorded; see `operators`.
    `==` compares values and gives a plain bool; `hash` is by identity.

    Args:
        value: any Python object.
        name: base name; by default that of the value's type.
        description: what the value is, for whoever reads the trace.
        info: anything else to keep.

    Raises a TraceError for a value with nodes: `node(value)` records what it is made of.
    """

    __slots__ = ()
    trainable = False
    __array_ufunc__ = None  # `array + node` is then a node, not an array of nodes
    _kind, _undescribed = "Node", "This is a node in a computational graph."

    def __init__(
        self,
        value: T,
        *,
        name: str | None = None,
        description: str = "",
        info: dict[str, Any] | None = None,
    ) -> None:
        if holds_nodes(value):
            raise TraceError("Node(value) takes no nodes: node(value) records what it is made of")
        base = clean(name) if name else type(value).__name__
        known = {"description": description, "info": info}
        become(self, make(Node, value, base, COUNTERS[base], said(known)))

    def __setattr__(self, name: str, value: object) -> None:
        if name in _SLOTS or (hasattr(self, "__dict__") and name != "data"):
            object.__setattr__(self, name, value)
            return
        raise TraceError(
            f"{self.name}.{name} = … would not be traced. Make a new node, or change the object "
            "in a @bundle function that returns it."
        )

    @property
    def data(self) -> T:
        """The value. Reading it inside a bundle that did not get this node as input is an error."""
        mode = MODE.get()
        if mode is not None:
            mode.read(self)
        return self._data

    @property
    def base_name(self) -> str:
        """The name without its number; an operator's output has the operator's name."""
        return self._op if isinstance(self._op, str) else self._op.name

    @property
    def name(self) -> str:
        """Base name, colon, number: unique in this process until `GRAPH.clear()`."""
        return f"{self.base_name}:{self._number}"

    @property
    def py_name(self) -> str:
        """The name without its colon: a Python identifier if the base name is one."""
        return self.name.replace(":", "")

    @property
    def type(self) -> type[T]:
        """The type of the value."""
        return type(self._data)

    @property
    def description(self) -> str:
        """What the value is; begins with the operator, or the kind of root, in brackets."""
        if isinstance(self._op, Operator):
            return self._op.description
        own = str((self._more or {}).get("description", self._undescribed))
        return own if own.startswith("[") else f"[{self._kind}] {own}"

    @property
    def info(self) -> dict[str, Any]:
        """What is known about the operator and this call of it: a new dict each time."""
        return dict((self._more or {}).get("info") or {})

    @property
    def inputs(self) -> dict[str, Node[Any]]:
        """The parents by argument name: none, for no operator made it."""
        return {}

    @property
    def parents(self) -> list[Node[Any]]:
        """The inputs of the operator, in order; `x * x` has x twice."""
        return list(self._parents)

    @property
    def children(self) -> list[Node[Any]]:
        """The living nodes that were made from this one, in order, each once."""
        links: Any = self._children or []
        living = (link() for link in (list(links) if isinstance(links, list) else [links]))
        return list(dict.fromkeys(child for child in living if child is not None))

    @property
    def is_root(self) -> bool:
        """True if no operator made it."""
        return not self._parents

    @property
    def is_leaf(self) -> bool:
        """True if nothing was made from it, or nothing that lives."""
        return not self.children

    @property
    def level(self) -> int:
        """Longest path from a root: 0 for roots, else 1 + the highest parent."""
        from ._propagate import levels

        return levels([self])[self]

    @property
    def parameter_dependencies(self) -> set[ParameterNode[Any]]:
        """The parameters that the value depends on."""
        from ._propagate import ancestors

        return {n for n in ancestors([self]) if isinstance(n, ParameterNode)}

    @property
    def expandable_dependencies(self) -> set[MessageNode[Any]]:
        """The nodes it depends on whose inner graph is kept: see `bundle(traceable_code=True)`."""
        from ._propagate import ancestors

        made = (n for n in ancestors([self]) if isinstance(n, MessageNode))
        return {n for n in made if "output" in (n._more or {}).get("info", ())}

    @property
    def feedback(self) -> dict[Any, list[Any]]:
        """What `backward` brought here: for each child a list."""
        found = self._feedback
        if found is None:
            object.__setattr__(self, "_feedback", found := {})
        return found

    def zero_feedback(self) -> None:
        """Forget the feedback."""
        object.__setattr__(self, "_feedback", None)

    def backward(
        self,
        feedback: Any = "",
        propagator: Propagator | GraphPropagator | None = None,
        retain_graph: bool = False,
        visualize: bool = False,
        simple_visualization: bool = False,
        reverse_plot: bool = False,
        print_limit: int = 60,
    ) -> graphviz.Digraph | None:
        """Send feedback from this node to the parameters that it depends on.

        Args:
            feedback: what the propagator starts from: text for the minimal subgraph (None counts
                as no text), a gradient of the node's shape for `GradientPropagator`.
            propagator: what travels along the edges; by default the minimal subgraph (MSP).
            retain_graph: allow another `backward` from this node.
            visualize: return a picture of the graph, as `trace_core.draw` makes it.
            simple_visualization: leave copies of values (`clone`, `identity`) out of the picture.
            reverse_plot: put the output at the top.
            print_limit: how many characters of a value to show.

        Raises:
            BackwardError: this node has been through `backward`.
            UserError: `visualize` needs the `graphviz` package.
        """
        from ._propagate import backward

        if not visualize:
            backward(self, feedback, propagator, retain_graph)
            return None
        from ._draw import draw

        drawing = draw(self, length=print_limit, reverse=reverse_plot, simple=simple_visualization)
        picture = drawing.digraph()  # before feedback travels, for it may raise
        backward(self, feedback, propagator, retain_graph)
        return picture

    def detach(self) -> Node[T]:
        """A copy of the value without parents."""
        return self.__deepcopy__({})

    def __deepcopy__(self, memo: dict[int, Any]) -> Node[T]:
        """Like `detach`: ancestors are not copied."""
        twin = memo[id(self)] = _restore(type(self), None, self.base_name, self._kept())
        # after the memo knows the twin, since they may hold this node
        object.__setattr__(twin, "_data", copy.deepcopy(self._data, memo))
        if type(twin) is type(self) and hasattr(self, "__dict__"):
            vars(twin).update(copy.deepcopy(vars(self), memo))
        return twin

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the value and its description, without ancestors; a subclass's own attributes."""
        own = None if isinstance(self, MessageNode) else getattr(self, "__dict__", None)
        return _restore, (type(self), self._data, self.base_name, self._kept()), own

    def _kept(self) -> dict[str, Any] | None:
        return {k: v for k, v in (self._more or {}).items() if k in KEPT} or None

    def __repr__(self) -> str:
        kind, value = self.type.__name__, safe_repr(self._data)
        return f"{type(self).__name__}({self.name}, dtype={kind}, data={value})"

    def __str__(self) -> str:
        return str(self.data)

    def __format__(self, spec: str) -> str:
        return format(self.data, spec)

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return equal(self.data, other.data if isinstance(other, Node) else other)

    def __bool__(self) -> bool:
        return bool(self.data)

    def __len__(self) -> int:
        return len(self.data)  # type: ignore[arg-type]

    def __contains__(self, item: object) -> bool:
        return (item.data if isinstance(item, Node) else item) in self.data  # type: ignore[operator]


class ParameterNode(Node[T]):
    """A trainable root: one of the Θ of an OPTO problem. Optimizers change its value in place.

    Args:
        value: the initial value; its type is the parameter's type. Of nodes, their values.
        name: base name.
        description: what the parameter does.
        constraint: what every value must satisfy: words for whoever proposes values, or what can
            be checked too: an `opto.Interval`, or a function that is False or raises otherwise.
        trainable: a parameter is; accepted for programs of the published library.
        info: anything else to keep.
    """

    __slots__ = ()
    trainable = True

    def __init__(
        self,
        value: T,
        *,
        name: str | None = None,
        description: str = "",
        constraint: Any = None,
        trainable: Literal[True] = True,
        info: dict[str, Any] | None = None,
    ) -> None:
        if not trainable:
            raise ValueError("a ParameterNode is trainable: use node(value) for one that is not")
        value = unwrap(value)
        base = clean(name) if name else type(value).__name__
        known = {"description": description, "constraint": constraint, "info": info}
        become(self, make(ParameterNode, value, base, COUNTERS[base], said(known)))

    _kind, _undescribed = "ParameterNode", "A trainable value."

    @property
    def constraint(self) -> Any:
        """What every value must satisfy: words, an `opto.Interval` or a function; or None."""
        return (self._more or {}).get("constraint")

    def update(self, value: T | Node[T]) -> None:
        """Replace the value, by a node's too. Earlier traces keep their outputs, and see it."""
        object.__setattr__(self, "_data", unwrap(value))

    def detach(self) -> ParameterNode[T]:
        """An independent parameter of the same value, description and constraint."""
        return cast("ParameterNode[T]", super().detach())


class MessageNode(Node[T]):
    """An operator's output.

    Args:
        value: what the operator returned.
        inputs: the parents, by argument name or in order.
        description: "[operator] what it does".
        name: base name; by default the operator's.
        info: anything else to keep.
    """

    __slots__ = ()

    def __init__(
        self,
        value: T,
        *,
        inputs: Mapping[str, Node[Any]] | Sequence[Node[Any]],
        description: str = "",
        name: str | None = None,
        info: dict[str, Any] | None = None,
    ) -> None:
        bracketed, _, text = description.removeprefix("[").partition("]")
        if not (text and description.startswith("[")):
            bracketed, text = type(self).__name__, description
        parents = tuple(inputs.values() if isinstance(inputs, Mapping) else inputs)
        if any(not isinstance(parent, Node) for parent in parents):
            raise TraceError("the inputs of a MessageNode must be nodes")
        if not isinstance(inputs, Mapping):  # two may be called alike, or be the same
            taken: set[str] = set()
            inputs = {unused(n.py_name, taken): n for n in parents}
        op = Operator(clean(name) if name else bracketed, text.strip(), info=info or {})
        more = {"inputs": tuple(inputs)} if parents else None
        become(self, derive(MessageNode, unwrap(value), op, op.counter, parents, more))

    @property
    def operator(self) -> Operator:
        """What made it."""
        return cast(Operator, self._op)

    @property
    def inputs(self) -> dict[str, Node[Any]]:
        """The parents by argument name, as in the call."""
        names = (self._more or {}).get("inputs") or self.operator.arguments
        return dict(zip(names, self._parents, strict=True))

    @property
    def info(self) -> dict[str, Any]:
        """The operator's info, and this call's `inputs` and `output`."""
        call = (self._more or {}).get("info", {})
        return {**self.operator.facts, "inputs": self.inputs, **call}


class ExceptionNode(MessageNode[str]):
    """An operator's failure, which ends the graph. Its data is "(ErrorType) message"."""

    __slots__ = ()

    def __init__(
        self,
        value: BaseException | str,
        *,
        inputs: Mapping[str, Node[Any]] | Sequence[Node[Any]],
        description: str = "[exception] The operator failed.",
        name: str | None = None,
        info: dict[str, Any] | None = None,
    ) -> None:
        text = value if isinstance(value, str) else error_text(value)
        super().__init__(text, inputs=inputs, description=description, name=name, info=info)

    @property
    def base_name(self) -> str:
        """The operator's name after "exception_"."""
        return failed(self.operator.name)

    def create_feedback(self, style: str = "simple") -> str:
        """The failure in words: "simple" is the data, "full" adds operator, line and code."""
        if style not in ("simple", "full"):
            raise ValueError(f"style {style!r}; it takes 'simple' or 'full'")
        where = self.info.get("where", f"In {self.operator.name}")
        return f"{self._data}\n{where}" if style == "full" else self._data


_SLOTS = frozenset(Record.__slots__)


def _restore(cls: type[Node[Any]], data: object, base: str, more: Any) -> Node[Any]:
    """Unpickle: an operator's output comes back as a root."""
    kind = ParameterNode if issubclass(cls, ParameterNode) else Node
    root: Node[Any] = make(kind, data, base, COUNTERS[base], more)
    if cls is kind or issubclass(cls, MessageNode):
        return root
    own = object.__new__(cls)  # a subclass, whose constructor may take anything
    become(own, root)
    return own
