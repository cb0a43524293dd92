"""What stands in the worker for things that stay on the host."""

from __future__ import annotations

import builtins
import io
from collections.abc import Callable
from typing import Any

Ask = Callable[[dict[str, Any]], Any]
"""Sends a question to the host and returns its answer, or raises what it says."""
HOST = "?host"
"""Where a stand-in keeps how to ask, its handle and its class's name; no attribute's name."""


class StandIn:
    """An object of the host's: its data is fetched when it is touched, once a call."""

    def __init__(self, ask: Ask, handle: int, kind: str) -> None:
        vars(self)[HOST] = (ask, handle, kind)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        ask, handle, _ = vars(self)[HOST]
        value = vars(self)[name] = ask({"op": "get", "on": handle, "name": name})
        return value

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(
            f"{name!r} cannot be set: the {vars(self)[HOST][2]} is read-only for this code. "
            "Return what should be kept."
        )

    __delattr__ = __setattr__  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{vars(self)[HOST][2]}, on the host>"


class HostFunction:
    """A function or method of the host's that the code may call."""

    def __init__(self, ask: Ask, handle: int | None, name: str) -> None:
        self._ask, self._handle, self.__name__ = ask, handle, name

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        call = {"op": "invoke", "on": self._handle, "name": self.__name__}
        return self._ask({**call, "args": list(args), "keywords": keywords})


class AsyncHostFunction(HostFunction):
    """The same, to be awaited."""

    async def __call__(self, *args: Any, **keywords: Any) -> Any:
        return super().__call__(*args, **keywords)


def raised(answer: dict[str, Any]) -> BaseException:
    """The exception that the host describes."""
    kind = getattr(builtins, answer["type"], None)
    if isinstance(kind, type) and issubclass(kind, Exception):
        try:
            return kind(answer["message"])
        except TypeError:  # UnicodeError and the like want more
            pass
    return RuntimeError(f"{answer['type']}: {answer['message']}")


class Printed(io.TextIOBase):
    """Keeps the beginning of what is printed and counts the rest."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.start()

    def start(self) -> None:
        """Forget what was printed."""
        self.parts: list[str] = []
        self.room, self.lost = self.most, 0

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, text: str) -> int:
        """Keep what there is room for."""
        if self.room and text:
            self.parts.append(text[: self.room])
        kept = min(self.room, len(text))
        self.room, self.lost = self.room - kept, self.lost + len(text) - kept
        return len(text)

    def text(self) -> str:
        """What was printed, shortened."""
        more = f"\n... and {self.lost} more characters" if self.lost else ""
        return "".join(self.parts) + more
