"""New versions of functions at work: their printed output noted, their coroutines awaited."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from . import sandbox
from ._call import Call
from ._state import MODE
from .sandbox import Program, Result


async def awaitable(function: Callable[..., Any], args: Any, keywords: Any) -> Any:
    """Call new code of an async function, which may do without async."""
    result = function(*args, **keywords)
    return await result if inspect.isawaitable(result) else result


async def run_apart(program: Program, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """Run an async function's new version in a thread: the event loop goes on meanwhile."""
    import asyncio  # takes longer to import than all of this package

    value = noted(await asyncio.to_thread(sandbox.current().run, program, args, keywords))
    return await value if inspect.isawaitable(value) else value


def noted(result: Result) -> Any:
    """The value; what was printed goes to the call that is being recorded."""
    call = MODE.get() if result.printed else None
    if isinstance(call, Call):
        call.printed = result.printed
    return result.value
