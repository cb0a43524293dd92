"""What a bundle takes from its function: the operator's description, the code parameter."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ._binding import CODE
from ._containers import CodeContainer
from ._errors import TraceError
from ._node import ParameterNode
from ._operator import Operator
from ._record import make
from ._source import header, source_of
from ._state import COUNTERS


@dataclass(frozen=True, slots=True)
class Options:
    """The arguments of `bundle`."""

    description: str | None = None
    traceable_code: bool = False
    trainable: bool = False
    catch_execution_error: bool = True
    allow_external_dependencies: bool = False
    overwrite_python_recursion: bool = False


def refuse_unfit(function: Any) -> None:
    """Raise a TraceError for what can't be an operator."""
    name = getattr(function, "__qualname__", repr(function))
    if isinstance(function, CodeContainer):
        raise TraceError(f"{name} is a bundle already")
    if not callable(function):
        hint = ": put @bundle below @property" if isinstance(function, property) else ""
        raise TraceError(f"bundle takes a function, not {name}{hint}")
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise TraceError(
            f"{name} is a generator function, whose body runs only after the operator has been "
            "recorded. Return a list of what it yields."
        )


def describe(
    function: Callable[..., Any], name: str, options: Options, arguments: tuple[str, ...]
) -> Operator:
    """The operator of a function: named after it, or `eval` if its code is an input too."""
    doc = inspect.getdoc(function) or ""
    name = "lambda" if name == "<lambda>" else name
    given, text = options.description or "", options.description or doc
    if given.startswith("[") and given.find("]") > 1:
        name, _, text = given[1:].partition("]")
    info = {"doc": doc}
    if options.trainable:
        text = text or f"runs the code of {name} on the other inputs"
        return Operator("eval", text, (*arguments, CODE), function, info)
    return Operator(name, text.strip(), arguments, function, info)


def code_parameter(function: Callable[..., Any], name: str) -> ParameterNode[str]:
    """The function's code as a parameter.

    Raises:
        TraceError: there is no source to start with.
    """
    source = source_of(function)
    if not source.startswith(("def ", "async ")) or inspect.ismethod(function):
        raise TraceError(
            f"{name} can't be trainable: its source was not found. It must be a def in a file or "
            "notebook, not a lambda, a class, a bound method, or made by exec."
        )
    known = {
        "description": f"[ParameterNode] The code of {name}.",
        "constraint": f"The code should start with:\n{header(source)}",
        "function": name,
    }
    parameter: ParameterNode[str] = make(ParameterNode, source, CODE, COUNTERS[CODE], known)
    return parameter
