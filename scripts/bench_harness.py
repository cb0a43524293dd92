"""Measure what the harness costs: start-up, planning, and time per iteration.

    python scripts/bench_harness.py [--rounds 7] [--iterations 1000] [--json]

Prints medians. An iteration's cost is that of a task and an optimizer which do nothing, so all that
is left is the loop, the row and the write; the promise is 1 ms. Start-up is a fresh process; the
promises are 0.3 s for `--help` and 0.6 s for `list`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from trace_bench.plan import Choice, Run, plan, run_id
from trace_bench.runner import execute
from trace_bench.store import RunFolder
from trace_core import node
from trace_core.optimizers import Optimizer
from trace_core.opto import FEEDBACK, SCORE, Outcome, Problem, Task

CLI = [sys.executable, "-c", "from trace_bench.cli import main; main()"]


class Nothing(Problem):
    """A problem whose oracle costs nothing."""

    def __init__(self) -> None:
        self.parameters = [node(0.0, name="x", trainable=True)]
        self._outcome = Outcome(self.parameters[0], "The output 0.0 needs to be larger.", 1.0)

    def oracle(self) -> Outcome:
        """Always the same."""
        return self._outcome


class NothingTask(Task):
    """A task of such problems."""

    metric: ClassVar[str] = "nothing"
    provides: ClassVar[frozenset[str]] = frozenset({FEEDBACK, SCORE})

    def problem(self, seed: int) -> Problem:
        """Always the same."""
        return Nothing()

    def calibrate(self, problem: Problem, score: float) -> float:
        """Always the same."""
        return 0.0


class Idle(Optimizer):
    """Changes nothing."""

    def step(self) -> dict[str, Any]:
        """Say so."""
        return {"updated": {"x": 0.0}}


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--iterations", type=int, default=1000)
    arguments.add_argument("--json", action="store_true")
    asked = arguments.parse_args()
    figures = measure(asked.rounds, asked.iterations)
    if asked.json:
        print(json.dumps(figures))
        return
    for what, value in figures.items():
        print(f"{what:40} {value:10.3f}")


def measure(rounds: int, iterations: int) -> dict[str, float]:
    """Return the median of every figure."""
    sweep = ["optimizer=adam,random_search,optoprime", "llm=mock", "seed=range(30)"]
    return {
        "python -c pass (s)": _median(lambda: _process([sys.executable, "-c", "pass"]), rounds),
        "import trace_core (s)": _median(
            lambda: _process([sys.executable, "-c", "import trace_core"]), rounds
        ),
        "trace-bench --help (s)": _median(lambda: _process([*CLI, "--help"]), rounds),
        "trace-bench list (s)": _median(lambda: _process([*CLI, "list"]), rounds),
        "trace-bench list --matrix (s)": _median(
            lambda: _process([*CLI, "list", "--matrix"]), rounds
        ),
        "a run's own time, 0 updates (ms)": _median(lambda: _drive(0), rounds) * 1000,
        "harness per iteration (ms)": _median(lambda: _drive(iterations), rounds)
        / (iterations + 1)
        * 1000,
        "planning 90 runs (ms)": _median(lambda: plan(sweep, multirun=True), rounds) * 1000,
    }


def _median(action: Callable[[], Any], rounds: int) -> float:
    action()  # the first time pays for imports and caches
    return statistics.median(_seconds(action) for _ in range(rounds))


def _seconds(action: Callable[[], Any]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def _process(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)


def _drive(iterations: int) -> None:
    task = Choice("nothing", NothingTask, {}, {"name": "nothing", "kind": "nothing"})
    optimizer = Choice("idle", Idle, {}, {"name": "idle", "kind": "idle"})
    config = {
        "task": task.config,
        "optimizer": optimizer.config,
        "llm": None,
        "seed": 0,
        "iterations": iterations,
    }
    run = Run(task, optimizer, None, 0, iterations, config, run_id(config))
    with tempfile.TemporaryDirectory() as folder:
        execute(run, RunFolder(Path(folder) / run.id), lambda row: None)


if __name__ == "__main__":
    main()
