"""The sandbox of a run: chosen before the run has its name, used by it, and named in its record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from trace_core import UserError, sandbox

if TYPE_CHECKING:
    from trace_core.opto import Task

    from .plan import Run


def resolved(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a sandbox's part of a config with "auto" replaced by what it stands for here.

    Raises:
        UserError: it does not work on this machine.
    """
    name = sandbox.require(str(values.get("kind")))
    return {**values, "name": name, "kind": name}


def within(run: Run, task: Task) -> AbstractContextManager[Any]:
    """Let the optimizers' code of a run go into its sandbox, with what the task lets it import."""
    if run.sandbox is None:
        return nullcontext()
    return _using(run.sandbox.name, run.sandbox.build(), task.imports)


@contextmanager
def _using(name: str, limits: sandbox.Limits, imports: tuple[str, ...]) -> Iterator[None]:
    with sandbox.use(name, limits=limits, imports=imports) as chosen:
        chosen.start()
        yield


def described(run: Run) -> str | None:
    """What the sandbox of a run consists of here, for its record."""
    if run.sandbox is None:
        return None
    found = sandbox.available(run.sandbox.name)
    return f"{found.name}: {found.detail}"


def checks() -> Iterator[tuple[str, bool | None, str, str]]:
    """What `trace-bench doctor` says: name, whether it works, of what it consists, what follows."""
    for name in sandbox.BACKENDS:
        found = sandbox.available(name)
        isolates = name in sandbox.ISOLATING
        ok = found.works if isolates else None
        yield f"sandbox {name}", ok, found.detail, f"sandbox={name} chooses it"
    try:
        chosen, meaning = sandbox.require("auto"), "where code that an LLM wrote runs by default"
    except UserError as error:
        chosen, meaning = "none", str(error)
    yield "sandbox auto", chosen != "none", chosen, meaning
