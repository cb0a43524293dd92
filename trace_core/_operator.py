"""An operator: what a `MessageNode` says about how it came to be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ._source import as_written, find_source, source_of
from ._state import COUNTERS, Counter


@dataclass(frozen=True, slots=True, eq=False)
class Operator:
    """A function that makes nodes from nodes, described for whoever reads the trace.

    Attributes:
        name: base name of the nodes that it makes.
        text: what it does, in words.
        arguments: names of its inputs, where every call has the same.
        function: what a bundle was made from; None for Python's own operators.
        info: what else there is to know.
    """

    name: str
    text: str
    arguments: tuple[str, ...] = ()
    function: Callable[..., Any] | None = None
    info: dict[str, Any] = field(default_factory=dict)
    counter: Counter = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "counter", COUNTERS[self.name])

    @property
    def description(self) -> str:
        """The operator in brackets, then the text: "[add] x + y"."""
        return f"[{self.name}] {self.text}".rstrip()

    @property
    def source(self) -> str:
        """The function's code, or "" if there is none to show."""
        return source_of(self.function) if self.function is not None else ""

    @property
    def facts(self) -> dict[str, Any]:
        """`info`, and what there is to know about the function of a bundle."""
        if self.function is None:
            return dict(self.info)
        written, found = as_written(self.function), find_source(self.function)
        return {
            **self.info,
            "fun": self.function,
            "fun_name": getattr(self.function, "__qualname__", self.name),
            "source": found.text if found else "",
            "line_number": found.first_line if found else None,
            "file": written.__code__.co_filename if written else None,
        }
