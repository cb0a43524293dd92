"""Graphs to propagate through, and what that takes: for any library with Trace's names.

Also a program, for libraries that live in another environment: it prints seconds and bytes.

    PYTHON propagation_graphs.py opto.trace NODES WIDTH
"""

from __future__ import annotations

import gc
import importlib
import json
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

REPEATS_S = 0.3
"""Short measurements are repeated for so long; the median counts."""


def layered(lib: Any, nodes: int, width: int) -> tuple[Any, Any]:
    """A graph of about so many nodes, whose degree is `width`: its parameter and its output.

    Layers of `width` nodes, each the mean of the whole layer before it.
    """

    @lib.bundle()  # type: ignore[untyped-decorator]
    def mean(*values: float) -> float:
        return sum(values) / len(values)

    parameter = lib.node(1.0, name="x", trainable=True)
    layer = [parameter]
    for _ in range(max(1, (nodes - 2) // width)):
        layer = [mean(*layer) for _ in range(width)]
    return parameter, mean(*layer)


def cost(build: Callable[[], Any], run: Callable[[Any], Any]) -> tuple[float, int]:
    """Seconds of `run` on what `build` makes, and the most memory it takes beside that, in bytes.

    Time and memory are measured apart, for measuring memory takes time.
    """
    times: list[float] = []
    while not times or (sum(times) < REPEATS_S and len(times) < 5):
        made = build()
        gc.collect()
        started = time.perf_counter()
        kept = run(made)
        times.append(time.perf_counter() - started)
        del kept
    made = build()
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept = run(made)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    del kept
    return statistics.median(times), max(peak - before, 0)


def published(nodes: int, width: int, module: str = "opto.trace") -> tuple[float, int]:
    """What `backward` costs in the published library: its propagator does all the work there."""
    lib = importlib.import_module(module)

    def build() -> Any:
        lib.GRAPH.clear()
        return layered(lib, nodes, width)

    return cost(build, lambda made: made[1].backward("feedback"))


if __name__ == "__main__":
    print(json.dumps(published(int(sys.argv[2]), int(sys.argv[3]), sys.argv[1])))
