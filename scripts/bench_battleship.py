"""How long it takes to evaluate a learnt Battleship policy: 50 games on 5 × 5, in the sandbox.

    python scripts/bench_battleship.py

Every backend that isolates and works here is measured; the stubs' replacement is a short policy.
"""

from __future__ import annotations

import statistics
import sys
import time

from trace_bench.tasks.battleship import Battleship
from trace_core import sandbox

REASON = """\
def reason(self, map):
    return [[r, c] for r, row in enumerate(map) for c, s in enumerate(row) if s == "."]"""
ACT = "def act(self, map, plan):\n    return plan[0]"
ROUNDS = 7


def main() -> int:
    """Measure and print."""
    task = Battleship(height=5, width=5, ships=[4, 3, 3, 2], misses=8, boards=50)
    for backend in sandbox.ISOLATING:
        if not sandbox.available(backend).works:
            print(f"{backend}: does not work here")
            continue
        with sandbox.use(backend, imports=task.imports) as chosen:
            chosen.start()
            seconds = statistics.median(evaluation(task) for _ in range(ROUNDS))
        print(f"{backend}: 50 games on 5 × 5 in {seconds:.2f} s (at most 1)")
    return 0


def evaluation(task: Battleship) -> float:
    """Seconds of an evaluation of code that is not the stubs'."""
    problem = task.problem(0)
    for parameter, code in zip(problem.parameters, (REASON, ACT), strict=True):
        parameter.update(code)
    started = time.perf_counter()
    problem.evaluate()
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
