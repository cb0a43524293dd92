"""`bundle`: a function becomes an operator, and its code a parameter if it is trainable."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MethodType
from typing import Any, overload

from . import sandbox
from ._apply import failure, unwrap, wrap
from ._binding import Binder, Bound
from ._body import Body
from ._code import (
    check,
    error_line,
    filename_of,
    namespace_of,
    signature_line,
    source_of,
    written_line,
)
from ._errors import TraceError, TraceMissingInputsError, UserError
from ._node import MessageNode, Node, ParameterNode
from ._operator import Operator
from ._record import make
from ._state import MODE, Mode
from .sandbox import Program

METHODS = "__trainable_methods__"
"""Where an object keeps its own copies of its class's trainable methods."""


@dataclass(frozen=True, slots=True)
class Options:
    """The arguments of `bundle`."""

    description: str | None = None
    traceable_code: bool = False
    trainable: bool = False
    catch_execution_error: bool = True
    allow_external_dependencies: bool = False


class Bundle:
    """A function that records its calls. Made by `bundle`; called like the function.

    Attributes:
        function: the function as it was written.
        operator: what nodes say about it.
        trainable: whether its code is a parameter.
        parameter: that parameter, or None.
    """

    def __init__(self, function: Callable[..., Any], options: Options) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.trainable = options.trainable
        self._options = options
        self._binder = Binder(function)
        self._is_async = inspect.iscoroutinefunction(function)
        self.operator = _describe(function, options, self._binder.names)
        self.parameter = _code_parameter(function) if options.trainable else None
        self._written = self.parameter.data if self.parameter is not None else ""

    __name__: str

    def _where(self, error: Exception) -> str:
        """The line of the function in which the error arose, with its text; "" if unknown."""
        changed = self.parameter is not None and self.parameter._data != self._written
        source = self.parameter._data if changed and self.parameter else source_of(self.function)
        line = written_line(error, self.function)
        if changed:
            line = error_line(error, filename_of(self.__name__))
        text = source.splitlines()
        if line is None or not 0 < line <= len(text):
            return ""
        return f"In {self.__name__}, line {line}: {text[line - 1].strip()}"

    def parameters(self) -> list[ParameterNode[Any]]:
        """The code parameter in a list; empty if the bundle is not trainable."""
        return [self.parameter] if self.parameter is not None else []

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        return MethodType(self._for(instance) if self.trainable else self, instance)

    def _for(self, instance: Any) -> Bundle:
        """Each instance has its own copy of a trainable method's code."""
        try:
            copies: dict[str, Bundle] = vars(instance).setdefault(METHODS, {})
        except TypeError as error:
            raise TraceError(f"{type(instance).__name__} needs a __dict__ to be trained") from error
        if self.__name__ not in copies:
            copies[self.__name__] = Bundle(self.function, self._options)
        return copies[self.__name__]

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        """Run the function on the data of its inputs and record the output as one node.

        Raises:
            ExecutionError: the function raised; its `exception_node` ends the graph.
            TraceMissingInputsError: it read a node that is not an input.
            TypeError: the arguments do not fit the signature.
        """
        bound = self._binder.bind(args, keywords)
        mode = MODE.get()
        if mode is not None and not mode.records:
            return self._untraced(bound)
        inputs = tuple([wrap(v, n) for v, n in zip(bound.values, bound.names, strict=True)])
        values = inputs if self._options.traceable_code else [each._data for each in inputs]
        names = bound.names
        if self.parameter is not None:
            inputs, names = (*inputs, self.parameter), (*names, "__code")
        if mode is not None:
            for each in inputs:
                mode.read(each)
        call = _Call(self, bound, inputs, names, mode)
        return call.run_async(values) if self._is_async else call.run(values)

    def _untraced(self, bound: Bound) -> Any:
        result = bound.call(self.runnable(), list(map(unwrap, bound.values)))
        if self._is_async:
            return _awaited(result, self.operator.name)
        return wrap(unwrap(result), self.operator.name)

    def runnable(self) -> Callable[..., Any]:
        """What a call executes: the function as written, or the code parameter in the sandbox.

        Raises:
            SyntaxError: the code parameter is not a new version of the function.
        """
        code = self.parameter
        if code is None or code._data is self._written or code._data == self._written:
            return self.function
        wrong = check(code._data, self.__name__)
        if wrong:
            raise SyntaxError(wrong)
        program = Program(code._data, self.__name__, namespace_of(self.function))
        return lambda *args, **keywords: sandbox.current().run(program, args, keywords)


class _Call:
    """One call of a bundle that is being recorded."""

    __slots__ = ("body", "bound", "bundle", "inputs", "names", "outer")

    def __init__(
        self,
        bundle: Bundle,
        bound: Bound,
        inputs: tuple[Node[Any], ...],
        names: tuple[str, ...],
        outer: Mode | None,
    ) -> None:
        self.bundle = bundle
        self.bound = bound
        self.inputs = inputs
        self.names = names
        self.outer = outer
        options = bundle._options
        self.body = Body(bundle.__name__, inputs, options.allow_external_dependencies, outer)

    def run(self, values: Sequence[Any]) -> Any:
        token = MODE.set(self._mode())
        try:
            result = self.bound.call(self.bundle.runnable(), values)
        except Exception as error:
            raise self._failed(error) from error
        finally:
            MODE.reset(token)
        return self._recorded(result)

    async def run_async(self, values: Sequence[Any]) -> Any:
        token = MODE.set(self._mode())
        try:
            result = await self.bound.call(self.bundle.runnable(), values)
        except Exception as error:
            raise self._failed(error) from error
        finally:
            MODE.reset(token)
        return self._recorded(result)

    def _mode(self) -> Mode | None:
        # traceable code is recorded as part of its surroundings
        return self.outer if self.bundle._options.traceable_code else self.body

    def _failed(self, error: Exception) -> Exception:
        """The `ExecutionError` for a failure of the function; errors of ours pass through."""
        ours = isinstance(error, (TraceMissingInputsError, UserError))
        if ours or not self.bundle._options.catch_execution_error:
            return error
        more: dict[str, Any] = {"inputs": self.names}
        where = self.bundle._where(error)
        if where:
            more["info"] = {"where": where}
        return failure(self.bundle.operator, error, self.inputs, more)

    def _recorded(self, result: Any) -> Any:
        op, inputs, names = self.bundle.operator, self.inputs, self.names
        info: dict[str, Any] = {}
        if self.bundle._options.traceable_code:
            info["output"] = result = wrap(result)
        data = unwrap(result)
        if self.body.used:
            read = {node: path for node, path in self.body.used.items() if path}
            inputs, names = (*inputs, *read), (*names, *read.values())
            others = [node for node, path in self.body.used.items() if not path]
            if others:
                info["external_dependencies"] = others
        more: dict[str, Any] = {} if names == op.arguments else {"inputs": names}
        if info:
            more["info"] = info
        return make(MessageNode, data, op, op.name, inputs, more or None)


async def _awaited(result: Any, name: str) -> Any:
    return wrap(unwrap(await result), name)


def _describe(
    function: Callable[..., Any], options: Options, arguments: tuple[str, ...]
) -> Operator:
    """The operator of a function: named after it, or `eval` if its code is an input too."""
    doc = inspect.getdoc(function) or ""
    name, text = getattr(function, "__name__", "bundle"), options.description or doc
    if name == "<lambda>":
        name = "lambda"
    if text.startswith("[") and "]" in text:
        name, _, text = text[1:].partition("]")
    info = {"fun": function, "doc": doc}
    if options.trainable:
        text = text or f"runs the code of {name} on the other inputs"
        return Operator("eval", text, (*arguments, "__code"), function, info)
    return Operator(name, text.strip(), arguments, function, info)


def _code_parameter(function: Callable[..., Any]) -> ParameterNode[str]:
    source = source_of(function)
    if not source.lstrip().startswith(("def ", "async def ")):
        name = getattr(function, "__qualname__", repr(function))
        raise TraceError(f"{name} can't be trainable: its source, a def, was not found")
    doc = inspect.getdoc(function)
    start = signature_line(source) + (f'\n    """{doc}"""' if doc else "")
    return ParameterNode(
        source,
        name="__code",
        description=f"[ParameterNode] The code of {function.__name__}.",
        constraint=f"The code should start with:\n{start}",
    )


@overload
def bundle(description: Callable[..., Any], /) -> Bundle: ...
@overload
def bundle(
    description: str | None = None,
    traceable_code: bool = False,
    trainable: bool = False,
    catch_execution_error: bool = True,
    allow_external_dependencies: bool = False,
    overwrite_python_recursion: bool = False,
) -> Callable[[Callable[..., Any]], Bundle]: ...
def bundle(
    description: Any = None,
    traceable_code: bool = False,
    trainable: bool = False,
    catch_execution_error: bool = True,
    allow_external_dependencies: bool = False,
    overwrite_python_recursion: bool = False,
) -> Any:
    """Turn a function into an operator (the paper's §3.1). Used with or without parentheses.

    Arguments become nodes named after the parameters, defaults included; the body receives plain
    values; the output is one node, also for a tuple.

    Args:
        description: what the operator does, by default the docstring; "[name] text" also names it.
        traceable_code: run the body on nodes, and keep the inner graph in `info["output"]`.
        trainable: make the function's code a parameter, `__code:k`.
        catch_execution_error: turn an exception into an `ExecutionError` with an `ExceptionNode`.
        allow_external_dependencies: let the body read nodes that are not its inputs.
        overwrite_python_recursion: accepted for programs of the published library; recursion works
            either way.

    >>> from trace_core import bundle, node
    >>> @bundle
    ... def scale(x, factor=2):
    ...     "x times factor"
    ...     return x * factor
    >>> y = scale(node(4, name="x"))
    >>> y.data, y.name, [p.name for p in y.parents]
    (8, 'scale:0', ['x:0', 'factor:0'])
    """
    if callable(description):
        return Bundle(description, Options())
    options = Options(
        description, traceable_code, trainable, catch_execution_error, allow_external_dependencies
    )
    return lambda function: Bundle(function, options)
