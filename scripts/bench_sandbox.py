"""What the sandbox costs: a call, the start of a worker, a thousand calls of a policy.

python scripts/bench_sandbox.py [BACKEND]...
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from trace_core import bundle, sandbox
from trace_core.sandbox._limits import IMPORTS, Limits
from trace_core.sandbox._process import Process

CALLS = 1000
BOARD = [["."] * 10 for _ in range(10)]
POLICY = """def policy(board, turn):
    for row in range(len(board)):
        for column in range(len(board[row])):
            if board[row][column] == "." and (row + column) % 2 == turn % 2:
                return (row, column)
    return (0, 0)
"""


@bundle(trainable=True)
def policy(board: list[list[str]], turn: int) -> tuple[int, int]:
    """Where to shoot."""
    return (0, 0)


def small(x: int) -> int:
    """Stands for the function of a small call."""
    return x + 1


def median_us(call: Callable[[], Any]) -> float:
    """The median of many calls, in microseconds."""
    times = []
    for _ in range(CALLS):
        begun = time.perf_counter()
        call()
        times.append(time.perf_counter() - begun)
    return median(times) * 1e6


def start_ms(backend: str) -> float:
    """Median time from nothing to a worker that has given up its rights, in milliseconds."""
    times = []
    for _ in range(10):
        begun = time.perf_counter()
        process = Process(backend, Limits(), frozenset(IMPORTS))
        process.ready()
        times.append(time.perf_counter() - begun)
        process.close()
    return median(times) * 1e3


def measure(backend: str) -> None:
    """Print the figures of one backend."""
    program = sandbox.Program("def small(x):\n    return x + 1", "small", small)
    with sandbox.use(backend) as box:
        box.run(program, (1,), {})
        above = median_us(lambda: box.run(program, (1,), {})) - median_us(lambda: small(1))
        policy.parameter.update(POLICY)  # type: ignore[union-attr]
        policy(BOARD, 0)
        begun = time.perf_counter()
        for turn in range(CALLS):
            policy(BOARD, turn)
        thousand = time.perf_counter() - begun
    print(
        f"{backend:8} call {above:4.0f} us above the plain one (at most 150), start "
        f"{start_ms(backend):4.0f} ms (200), {CALLS} calls of a policy {thousand:.2f} s (0.50)"
    )


if __name__ == "__main__":
    for name in sys.argv[1:] or [b for b in sandbox.ISOLATING if sandbox.available(b).works]:
        measure(name)
