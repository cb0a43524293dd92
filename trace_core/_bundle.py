"""`bundle`: a function becomes an operator, and its code a parameter if it is trainable."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import CoroutineType, FunctionType, MappingProxyType, MethodType
from typing import TYPE_CHECKING, Any, NoReturn, overload

from . import _mutation, _pickling, sandbox
from ._apply import wrap
from ._binding import CODE, Binder, Form
from ._call import Call
from ._code import check, error_line, filename_of, is_async, written_line
from ._containers import METHODS, CodeContainer, NodeContainer, bundle_in
from ._decorators import below, decorate, locals_around
from ._definition import Options, code_parameter, describe, refuse_unfit
from ._errors import TraceError
from ._nested import ATOMS, unwrap
from ._node import Node, ParameterNode
from ._record import Record, make
from ._running import awaitable, noted, run_apart
from ._selves import NAME, self_node
from ._source import find_source, source_of
from ._state import MODE, STOPPED, Mode, Stopped, leave
from .sandbox import Program, ProposalError

if TYPE_CHECKING:
    from ._propagate._derivatives import Derivative


class Bundle(CodeContainer):
    """A function that records its calls. Made by `bundle`; called like the function.

    Attributes:
        function: the function as it was written.
        operator: what nodes say about it.
        traceable: whether its body runs on nodes.
        trainable: whether its code is a parameter.
        parameter: that parameter, or None.
        around: local variables where it was defined, which new code may use.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        options: Options,
        around: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        wrapped = isinstance(function, (classmethod, staticmethod))
        self._kind: type | None = type(function) if wrapped else None
        function = function.__func__ if self._kind else function  # type: ignore[attr-defined]
        refuse_unfit(function)
        updated = ("__dict__",) if isinstance(function, FunctionType) else ()
        functools.update_wrapper(self, function, updated=updated)
        self.__name__ = name = getattr(function, "__name__", type(function).__name__)
        self.function = function
        self.options = options
        self.traceable = options.traceable_code
        self.trainable = options.trainable
        self._binder = Binder(function)
        self._arity = self._binder.arity
        self._is_method = self._binder.names[:1] == (NAME,)
        self._plain_recursion = options.overwrite_python_recursion or (
            options.trainable and not options.traceable_code and not self._is_method
        )
        self.operator = describe(function, name, options, self._binder.names)
        self.parameter = code_parameter(function, name) if options.trainable else None
        self._written = self.parameter.data if self.parameter is not None else ""
        self.around = around
        self._program: Program | None = None  # of the latest version
        scope = getattr(function, "__qualname__", "").rpartition(".")[0]
        self._is_class_level = self.trainable and not scope.endswith("<locals>") and scope != ""

    __name__: str

    @property
    def rewritten(self) -> bool:
        """Whether its code is no longer what a person wrote."""
        return self.parameter is not None and self.parameter._data != self._written

    @property
    def info(self) -> dict[str, Any]:
        """What is known about the function: `fun_name`, `doc`, `source`, `file`, `line_number`."""
        return self.operator.facts

    def locate(self, error: Exception) -> str:
        """Where in the function the error arose: its name, the line and its text if known."""
        if self.rewritten and self.parameter is not None:
            source = str(self.parameter._data)
            line = error_line(error, filename_of(self.__name__))
            if isinstance(error, ProposalError):  # the frames were another process's
                line = error.code_line
        else:
            source = source_of(self.function)
            line = written_line(error, self.function)
        text = source.split("\n")
        if line is None or not 0 < line <= len(text):
            return f"In {self.__name__}"
        return f"In {self.__name__}, line {line}: {text[line - 1].strip()}"

    def differentiate(self, derivative: Derivative) -> Derivative:
        """Teach `GradientPropagator` its derivative; a decorator too. See `Derivative`.

        Raises:
            TraceError: the code is a parameter, and its derivative would change with it.
        """
        if self.trainable:
            raise TraceError(f"{self.__name__} is trainable: its derivative would change")
        self.operator.info["derivative"] = derivative
        return derivative

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if self._kind is classmethod:
            return MethodType(self, owner or type(instance))
        if instance is None or self._kind is staticmethod:
            return self
        return MethodType(self.of(instance) if self.trainable else self, instance)

    def of(self, owner: Any) -> Bundle:
        """An object's own copy, which it gets when it first needs it; a class has none."""
        if self._kind is not None or isinstance(owner, type):
            return self
        try:
            copies: dict[str, Bundle] = vars(owner).setdefault(METHODS, {})
        except TypeError as error:
            raise TraceError(f"{type(owner).__name__} needs a __dict__ to be trained") from error
        key = self.function.__qualname__
        while key in copies and copies[key].function is not self.function:
            key += "'"  # a class may have the name of its base
        if key not in copies:
            assert self.parameter is not None
            copies.setdefault(key, self.twin(self.parameter.detach()))
            _back_date(copies[key].parameter, owner)
        return copies[key]

    def twin(self, parameter: ParameterNode[str]) -> Bundle:
        """A copy with this parameter as its code."""
        twin = type(self).__new__(type(self))
        vars(twin).update(vars(self))
        twin.parameter = parameter
        twin._is_class_level = False
        return twin

    def __call__(self, /, *args: Any, **keywords: Any) -> Any:
        """Run the function on the data of its inputs and record the output as one node.

        Raises:
            ExecutionError: the function raised; its `exception_node` ends the graph.
            TraceMissingInputsError: it read the value of a node that is not an input.
            TypeError: the arguments do not fit the signature.
        """
        if self._is_class_level:
            own = self._own(args)
            if own is not self:
                return own(*args, **keywords)
        mode = MODE.get()
        if mode is not None and mode.bundle is not None and self._calls_itself(mode.bundle):
            return self._body(*self._bound(args, keywords))
        if mode.__class__ is Stopped:
            return self._untraced(mode, args, keywords)
        form = None
        names = self.operator.arguments
        if keywords or len(args) != self._arity:
            bound, args, form = self._binder.bind(args, keywords)
            names = names if form is None else bound if not self.trainable else (*bound, CODE)
        if self._is_method and args:
            args = (self_node(args[0], mode), *args[1:])
        inputs = tuple(map(wrap, args, names))
        given = self._on_nodes(inputs) if self.traceable else [each._data for each in inputs]
        function = self.function
        if self.parameter is not None:
            inputs = (*inputs, self.parameter)
            if self.parameter._data is not self._written:
                function = self._run_code
        if form is not None:
            function = form.adapt(function)
        if _mutation.armed:
            function = _mutation.watched(function, self.__name__, names, inputs)
        if mode is not None:
            for each in inputs:
                mode.use(each)
        return Call(self, inputs, names, mode).run(function, given)

    def _own(self, args: tuple[Any, ...]) -> Bundle:
        """The copy that belongs to the first argument: for `Class.method(instance)`."""
        owner = args[0] if args else None
        owner = owner._data if isinstance(owner, Record) else owner
        bases = type(owner).__mro__
        mine = any(bundle_in(vars(base).get(self.__name__)) is self for base in bases)
        return self.of(owner) if mine else self

    def _on_nodes(self, inputs: tuple[Any, ...]) -> list[Any]:
        """What a traceable body is given: nodes; but `self` and containers as they are."""
        given = [n._data if isinstance(n._data, NodeContainer) else n for n in inputs]
        return [inputs[0]._data, *given[1:]] if self._is_method and given else given

    def _calls_itself(self, caller: Bundle) -> bool:
        """Whether a call from this bundle's body is one of the function rather than of an operator.

        So it is for code that an optimizer may rewrite: elsewhere the new version has plain values.
        """
        return self._plain_recursion and caller.function is self.function

    def _bound(
        self, args: tuple[Any, ...], keywords: dict[str, Any]
    ) -> tuple[tuple[Any, ...], Form | None]:
        """The arguments as a traced call has them, with the defaults of the written function."""
        if keywords or len(args) != self._arity:
            _, args, form = self._binder.bind(args, keywords)
            return args, form
        return args, None

    def _body(self, args: tuple[Any, ...], form: Form | None) -> Any:
        function = self.function
        if self.parameter is not None and self.parameter._data is not self._written:
            function = self._run_code
        if form is not None:
            function = form.adapt(function)
        if self.traceable:
            return function(*self._on_nodes(tuple(map(wrap, args))))
        plain = []  # filled by a loop: in Python 3.11 a comprehension costs a call
        for each in args:
            plain.append(each._data if isinstance(each, Record) else unwrap(each))  # noqa: PERF401
        return function(*plain)

    def _untraced(self, mode: Mode, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        bound = self._bound(args, keywords)  # a wrong call is no failure of the function
        inside = Stopped(self) if self._plain_recursion else STOPPED
        token = MODE.set(inside) if inside is not mode else None
        try:
            result = self._body(*bound)
            if result.__class__ not in ATOMS:
                if result.__class__ is CoroutineType:
                    return self._untraced_later(result, inside)
                result = unwrap(result)
        except Exception as error:  # of the bundled function: told as such
            self._raise_untraced(error)
        finally:
            if token is not None:
                MODE.reset(token)
        return make(Node, result, self.operator.name, self.operator.counter)

    async def _untraced_later(self, coroutine: Any, inside: Mode) -> Any:
        token = MODE.set(inside)
        try:
            result = unwrap(await coroutine)
        except Exception as error:  # of the bundled function: told as such
            self._raise_untraced(error)
        finally:
            leave(token)
        return make(Node, result, self.operator.name, self.operator.counter)

    def _raise_untraced(self, error: Exception) -> NoReturn:
        failed = Call(self, (), (), STOPPED).failed(error)
        if failed is None:
            raise error
        raise failed from error

    def _run_code(self, *args: Any, **keywords: Any) -> Any:
        """The code parameter: the function as it was written, or a new version in the sandbox.

        Raises:
            SyntaxError: the code parameter is not a version of the function.
        """
        assert self.parameter is not None
        code = self.parameter._data
        if code is self._written or code == self._written:
            return self.function(*args, **keywords)
        program = self._program
        if program is None or program.source != code:
            program = self._program = self._version(code)

        def run(*args: Any, **keywords: Any) -> Any:
            if self.traceable:
                args, keywords = unwrap(args), unwrap(keywords)
            if is_async(code, program.name):
                return run_apart(program, args, keywords)
            return noted(sandbox.current().run(program, args, keywords))

        if program.decorators:
            run = decorate(run, program.decorators, self.function, program.names())
        if is_async(self._written, self.__name__):
            return awaitable(run, args, keywords)
        return run(*args, **keywords)

    def _version(self, code: str) -> Program:
        """A new version of the code.

        Raises:
            SyntaxError: it is none.
        """
        name = self.__name__
        wrong = check(code, name)
        if wrong is None and is_async(code, name) > is_async(self._written, name):
            wrong = f"{name!r} must stay a def: it is not awaited"
        if wrong:
            raise SyntaxError(wrong)
        program = Program(code, name, self.function, self.around)
        return replace(program, decorators=self._decorators(program.names()))

    def _decorators(self, names: Mapping[str, Any]) -> tuple[str, ...]:
        found = find_source(self.function)
        return below(found.decorators, names, _makes_bundles) if found else ()

    def __copy__(self) -> Bundle:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Bundle:
        """Itself, as functions are; if it is trainable a copy with its own code."""
        if self.parameter is None:
            return self
        return self.twin(copy.deepcopy(self.parameter, memo))

    def __reduce__(self) -> tuple[Any, ...]:
        return _pickling.reduce(self)


def _back_date(parameter: Any, owner: Any) -> None:
    """Code that an input gets while a body runs was not made by that body, which reads it."""
    mode = MODE.get()
    while isinstance(mode, Call) and mode.holds(owner):
        parameter._serial = mode.serial
        mode = mode.outer


def _makes_bundles(item: Any) -> bool:
    return item is bundle or (isinstance(item, functools.partial) and item.func is Bundle)


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
    values; the output is one node, also for a tuple. A node from elsewhere that operators or other
    bundles in the body take becomes an input, too, and so does the code of a trainable bundle.

    Args:
        description: what the operator does, by default the docstring; "[name] text" also names it.
        traceable_code: run the body on nodes, and keep the inner graph in `info["output"]`.
        trainable: make the function's code a parameter, `__code:k`.
        catch_execution_error: turn an exception into an `ExecutionError` with a node.
        allow_external_dependencies: let the body read and use nodes that are no inputs, without
            making them inputs; they are in `info["external_dependencies"]`.
        overwrite_python_recursion: let the body's calls of its own name give plain values, without
            a trace of their own. So it always is for trainable functions: new code runs elsewhere.

    >>> from trace_core import bundle, node
    >>> @bundle
    ... def scale(x, factor=2):
    ...     "x times factor"
    ...     return x * factor
    >>> y = scale(node(4, name="x"))
    >>> y.data, y.name, [p.name for p in y.parents]
    (8, 'scale:0', ['x:0', 'factor:0'])
    """
    options = Options(
        None,
        traceable_code,
        trainable,
        catch_execution_error,
        allow_external_dependencies,
        overwrite_python_recursion,
    )
    if callable(description) or isinstance(description, classmethod):
        return Bundle(description, options)
    if description is not None and not isinstance(description, str):
        raise TypeError(f"bundle takes a function or its description, not {description!r}")
    options = replace(options, description=description)
    # what a new version of the code may use: an optimizer need not keep to the old one's variables
    around = locals_around(1) if trainable else {}
    return functools.partial(Bundle, options=options, around=around)
