"""One version of a code parameter in the worker: compiled once, defined anew for each call."""

from __future__ import annotations
import __future__

import sys
from collections.abc import Collection
from importlib import import_module
from types import CodeType, CoroutineType, TracebackType
from typing import Any

from . import packages
from .wire import MESSAGE_CHARACTERS

MISSING = "Not available to this code: "


class Program:
    """What is sent once for a version, made ready to be called.

    Attributes:
        filename: under which its frames are found in tracebacks.
        draws: whether it may draw random numbers.
    """

    def __init__(self, loaded: dict[str, Any], allowed: Collection[str]) -> None:
        self.name: str = loaded["name"]
        self.filename: str = loaded["filename"]
        self.absent: dict[str, str] = loaded["absent"]
        self.builtins = packages.guarded(allowed)
        # Each in a file of its own: an error's line is counted in the parameter's code.
        self.helpers = [
            _compiled(text, f"<helper {i}>") for i, text in enumerate(loaded["helpers"])
        ]
        self.code = _compiled(loaded["source"], self.filename)
        self.draws: bool = loaded["draws"]
        load = self.builtins["__import__"]
        self.modules = {
            alias: load(module, None, None, ("*",)) for alias, module in loaded["modules"].items()
        }

    def __call__(self, scope: dict[str, Any], args: list[Any], keywords: dict[str, Any]) -> Any:
        """Define the function among `scope`, and call it: nothing stays from call to call."""
        scope = {"__name__": "trainable", "__builtins__": dict(self.builtins), **scope}
        scope.update(self.modules)
        for code in self.helpers:
            exec(code, scope)
        exec(self.code, scope)
        result = scope[self.name](*args, **keywords)
        return _run_coroutine(result) if isinstance(result, CoroutineType) else result

    def explain(self, error: BaseException) -> dict[str, Any]:
        """An exception as data: type, message, line of the code."""
        return {
            "type": type(error).__name__,
            "message": self._message(error)[:MESSAGE_CHARACTERS],
            "line": _line(error.__traceback__, self.filename),
        }

    def _message(self, error: BaseException) -> str:
        try:
            message = str(error)
        except BaseException as broken:
            return f"its message could not be read: {type(broken).__name__}"
        name = getattr(error, "name", None)
        if isinstance(error, NameError) and name in self.absent:
            return f"{message}. {MISSING}{name}, {self.absent[name]}"
        return message


def _compiled(source: str, filename: str) -> CodeType:
    flag = __future__.annotations.compiler_flag
    code: CodeType = compile(source, filename, "exec", flags=flag, dont_inherit=True)
    return code


def _run_coroutine(coroutine: Any) -> Any:
    """Run an async function, which may await what the host gives and nothing else."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    coroutine.close()
    raise RuntimeError("the code awaits something that only an event loop could give")


def _line(trace: TracebackType | None, filename: str) -> int | None:
    line = None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == filename:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def reseed(seed: int) -> None:
    """Start the generators of `random` and `numpy.random` where this call's draws begin."""
    # Imported here: were the code the first to import them, its first draws would have no seed.
    names = ("random", "numpy.random") if "numpy" in sys.modules else ("random",)
    for name in names:
        import_module(name).seed(seed)
