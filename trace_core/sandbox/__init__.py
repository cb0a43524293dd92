"""Where code that an optimizer wrote runs. By default: nowhere, until somebody has said so.

The source that a person wrote and decorated runs as what it is, a function of theirs. From the
first version on that an optimizer wrote, a bundle asks the sandbox of the current context.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

from trace_core._code import define
from trace_core._errors import UserError


@dataclass(frozen=True, slots=True)
class Program:
    """One version of a code parameter.

    Attributes:
        source: the code, which defines one function.
        name: that function's name.
        namespace: what the original function saw. Only a backend that does not isolate may use it.
    """

    source: str
    name: str
    namespace: Mapping[str, Any]


class Sandbox(Protocol):
    """A way to run programs."""

    name: str

    def run(self, program: Program, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Call the program's function; what it raises is the proposal's failure."""


class Refusal:
    """No sandbox was chosen: code that an optimizer wrote does not run."""

    name = "none"

    def run(self, program: Program, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Refuse.

        Raises:
            UserError: always.
        """
        raise UserError(
            f"{program.name!r} was rewritten by an optimizer and no sandbox is set up to run it. "
            "To run such code in this process, without any protection: "
            "with trace_core.sandbox.use('inprocess'): …"
        )


class InProcess:
    """Runs code in this process with everything this process may do. For code you trust."""

    name = "inprocess"

    def run(self, program: Program, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Define the function beside the original's globals, and call it."""
        try:
            return define(program.source, program.name, program.namespace)(*args, **keywords)
        except SystemExit as error:  # the proposal's failure, not the end of our process
            raise RuntimeError(f"the code called sys.exit({error.code!r})") from error


_BACKENDS: dict[str, type[Sandbox]] = {"none": Refusal, "inprocess": InProcess}
_CURRENT: ContextVar[Sandbox] = ContextVar("trace_core_sandbox", default=Refusal())  # noqa: B039 stateless


def current() -> Sandbox:
    """The sandbox of this context."""
    return _CURRENT.get()


@contextmanager
def use(name: str) -> Iterator[Sandbox]:
    """Run optimizers' code in the sandbox `name` ("none", "inprocess") within this context.

    Raises:
        UserError: there is no such sandbox.
    """
    if name not in _BACKENDS:
        raise UserError(f"There is no sandbox {name!r}; there are {', '.join(_BACKENDS)}.")
    token = _CURRENT.set(_BACKENDS[name]())
    try:
        yield _CURRENT.get()
    finally:
        _CURRENT.reset(token)
