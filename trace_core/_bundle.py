"""`bundle`: a function becomes an operator, and its code a parameter if it is trainable."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from types import MethodType
from typing import Any, overload

from . import sandbox
from ._apply import unwrap, wrap
from ._binding import Binder
from ._call import Call
from ._code import (
    check,
    error_line,
    filename_of,
    signature_line,
    source_of,
    written_line,
)
from ._errors import TraceError
from ._node import ParameterNode
from ._operator import Operator
from ._record import Record
from ._state import MODE
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
        self.options = options
        self._binder = Binder(function)
        self._is_async = inspect.iscoroutinefunction(function)
        self.operator = _describe(function, options, self._binder.names)
        self.parameter = _code_parameter(function) if options.trainable else None
        self._written = self.parameter.data if self.parameter is not None else ""
        self._program: Program | None = None  # of the latest version
        self._runnable = function if self.parameter is None else self._run_code

    __name__: str

    def locate(self, error: Exception) -> str:
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
            copies[self.__name__] = Bundle(self.function, self.options)
        return copies[self.__name__]

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        """Run the function on the data of its inputs and record the output as one node.

        Raises:
            ExecutionError: the function raised; its `exception_node` ends the graph.
            TraceMissingInputsError: it read a node that is not an input.
            TypeError: the arguments do not fit the signature.
        """
        mode = MODE.get()
        if mode is not None and not mode.records:
            return self._untraced(args, keywords)
        names, values, form = self._binder.bind(args, keywords)
        inputs = tuple([wrap(v, n) for v, n in zip(values, names, strict=True)])
        given = inputs if self.options.traceable_code else [each._data for each in inputs]
        if self.parameter is not None:
            inputs = (*inputs, self.parameter)
            names = self.operator.arguments if form is None else (*names, "__code")
        if mode is not None:
            for each in inputs:
                mode.read(each)
        call = Call(self, inputs, names, mode)
        function = self._runnable if form is None else form.adapt(self._runnable)
        return (call.run_async if self._is_async else call.run)(function, given)

    def _untraced(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        plain = [a._data if isinstance(a, Record) else unwrap(a) for a in args]
        named = {k: unwrap(v) for k, v in keywords.items()} if keywords else {}
        result = self._runnable(*plain, **named)
        if self._is_async:
            return _awaited(result, self.operator.name)
        return wrap(unwrap(result), self.operator.name)

    def _run_code(self, *args: Any, **keywords: Any) -> Any:
        """The code parameter: the function as it was written, or a new version in the sandbox.

        Raises:
            SyntaxError: the code parameter is not a version of the function.
        """
        assert self.parameter is not None
        code = self.parameter._data
        if code is self._written or code == self._written:
            return self.function(*args, **keywords)
        if self._program is None or self._program.source != code:
            wrong = check(code, self.__name__)
            if wrong:
                raise SyntaxError(wrong)
            self._program = Program(code, self.__name__, self.function)
        program = self._program
        if self.options.traceable_code:
            args, keywords = unwrap(args), unwrap(keywords)
        if self._is_async:
            return _run_apart(program, args, keywords)
        result = sandbox.current().run(program, args, keywords)
        if result.printed:
            _note(result.printed)
        return result.value


async def _run_apart(program: Program, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """Run an async function's new version in a thread: the event loop goes on meanwhile."""
    result = await asyncio.to_thread(sandbox.current().run, program, args, keywords)
    if result.printed:
        _note(result.printed)
    return await result.value if inspect.isawaitable(result.value) else result.value


def _note(printed: str) -> None:
    call = MODE.get()
    if isinstance(call, Call):
        call.printed = printed


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
