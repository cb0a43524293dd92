"""Chooses by what a run spends its time on, and says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from annotated_types import Ge

from trace_bench.plan import Run

from ._base import Executor, Lane
from .inline import Inline
from .processes import Processes, cores
from .threads import WORKERS, Threads, is_thread_safe


class Auto(Executor):
    """Runs that compute go to processes, those that wait for an LLM to threads.

    A run computes if its task or its optimizer says so (`cpu_bound`), or if it runs an optimizer's
    code and its answers are recorded. One run alone, and runs that neither compute nor wait, are
    driven one after the other.

    Args:
        processes: runs that compute at the same time; None is the number of cores.
        threads: runs that wait at the same time.
    """

    def __init__(
        self,
        *,
        processes: Annotated[int, Ge(1)] | None = None,
        threads: Annotated[int, Ge(1)] = WORKERS,
    ) -> None:
        self.processes, self.threads = processes or cores(), threads

    def lanes(self, runs: Sequence[Run]) -> list[tuple[Lane, list[Run]]]:
        """Divide them by what they spend their time on."""
        if len(runs) == 1:
            return Inline().lanes(runs)
        computing = [run for run in runs if _needs_process(run)]
        others = [run for run in runs if not _needs_process(run)]
        found: list[tuple[Lane, list[Run]]] = []
        if computing:
            found += Processes(workers=self.processes).lanes(computing)
        if others:
            waits = computing or any(run.llm for run in others)
            found += (Threads(workers=self.threads) if waits else Inline()).lanes(others)
        return found


def is_cpu_bound(run: Run) -> bool:
    """Whether a run keeps a core busy, apart from waiting for its LLM."""
    said = run.task.cls.cpu_bound or run.optimizer.cls.cpu_bound
    return bool(said or (run.is_replayed and run.sandbox is not None))


def _needs_process(run: Run) -> bool:
    return is_cpu_bound(run) or not is_thread_safe(run)
