"""What is run, and the backends that need no worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from trace_core._code import define, namespace_of
from trace_core._errors import UserError


@dataclass(frozen=True, slots=True)
class Program:
    """One version of a code parameter.

    Attributes:
        source: the code, which defines that function and what it likes beside it.
        name: that function's name.
        original: the function that a person wrote; what its source names may be seen by `source`.
        around: variables of the function in which the original was defined.
        decorators: what stays around the function on the host.
        known: what a backend has found out about it.
    """

    source: str
    name: str
    original: Callable[..., Any]
    around: Mapping[str, Any] = field(default_factory=dict, compare=False)
    decorators: tuple[str, ...] = field(default=(), compare=False)
    known: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.source, self.name, self.original)))

    def __hash__(self) -> int:
        return self._hash  # asked for several times a call

    def names(self) -> dict[str, Any]:
        """All that the original sees."""
        return namespace_of(self.original, self.around)


class Result(NamedTuple):
    """What a call returned, and the beginning of what it printed."""

    value: Any
    printed: str = ""


class Sandbox(Protocol):
    """A way to run programs."""

    @property
    def name(self) -> str:
        """The backend that it uses."""

    def run(self, program: Program, args: tuple[Any, ...], keywords: dict[str, Any]) -> Result:
        """Call the program's function; what it raises is the proposal's failure."""

    def start(self) -> None:
        """Get ready in the background; calling it is never necessary."""


class Refusal:
    """Code that an optimizer wrote does not run."""

    name = "none"

    def __init__(self, reason: str = "the sandbox 'none' was chosen") -> None:
        self.reason = reason

    def start(self) -> None:
        """Nothing to do."""

    def run(self, program: Program, args: tuple[Any, ...], keywords: dict[str, Any]) -> Result:
        """Refuse.

        Raises:
            UserError: always.
        """
        raise UserError(
            f"{program.name!r} was rewritten by an optimizer and is not run: {self.reason}. "
            f"{WAYS_OUT}"
        )


WAYS_OUT = (
    "Install bubblewrap (apt-get install bubblewrap), or say sandbox=process, which isolates less, "
    "or sandbox=inprocess, which protects nothing; in Python: with trace_core.sandbox.use(NAME)."
)


class InProcess:
    """Runs code in this process with everything this process may do. For code you trust."""

    name = "inprocess"

    def start(self) -> None:
        """Nothing to do."""

    def run(self, program: Program, args: tuple[Any, ...], keywords: dict[str, Any]) -> Result:
        """Define the function beside the original's globals, and call it."""
        try:
            function = define(program.source, program.name, program.names())
            return Result(function(*args, **keywords))
        except SystemExit as error:  # the proposal's failure, not the end of our process
            raise RuntimeError(f"the code called sys.exit({error.code!r})") from error
