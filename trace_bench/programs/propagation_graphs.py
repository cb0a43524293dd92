"""Graphs to propagate through, and what that takes: for any library with Trace's names.

Also a program, for libraries that live in another environment: it prints seconds and bytes.

    PYTHON propagation_graphs.py opto.trace NODES WIDTH
"""

from __future__ import annotations

import gc
import importlib
import json
import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

FEWEST, MOST, ENOUGH_S = 3, 9, 3.0
"""A measurement is repeated so often, at most until it took so long: the shortest time counts."""


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

    Time is the processor's, so that other programs disturb it little. Memory is measured apart,
    for that takes time.
    """
    times: list[float] = []
    while len(times) < (FEWEST if sum(times) > ENOUGH_S / 10 else MOST) and sum(times) < ENOUGH_S:
        made = build()
        gc.collect()
        started = time.process_time()
        kept = run(made)
        times.append(time.process_time() - started)
        del kept
    made = build()
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept = run(made)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    del kept
    return min(times), max(peak - before, 0)


def published(nodes: int, width: int, module: str = "opto.trace") -> tuple[float, int]:
    """What `backward` costs in the published library: its propagator does all the work there."""
    lib = importlib.import_module(module)

    def build() -> Any:
        lib.GRAPH.clear()
        return layered(lib, nodes, width)

    return cost(build, lambda made: made[1].backward("feedback"))


if __name__ == "__main__":
    print(json.dumps(published(int(sys.argv[2]), int(sys.argv[3]), sys.argv[1])))
