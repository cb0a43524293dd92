"""What tracing and backward cost, beside the published library where it is installed.

    python scripts/bench_core.py                                  # ours
    python scripts/bench_core.py --baseline /path/to/bin/python   # and trace-opt's, in turn

The baseline is the interpreter of an environment with `trace-opt==0.1.3.8`. Rounds alternate
between the libraries, since machines drift; the table gives medians and their ratio.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import math
import random
import resource
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

CALLS = 20_000
PROPAGATORS = {"trace_core": "trace_core", "opto.trace": "opto.trace.propagators"}
SCALES = (1_000, 10_000, 100_000, 1_000_000)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--baseline", help="python of an environment with trace-opt")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--measure", choices=["trace_core", "opto.trace"], help=argparse.SUPPRESS)
    parser.add_argument("--scale", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.scale:
        print(json.dumps(scale(options.scale)))
    elif options.measure:
        print(json.dumps(measure(options.measure)))
    else:
        compare(options.baseline, options.rounds)
    return 0


def compare(baseline: str | None, rounds: int) -> None:
    """Run both libraries in turn and print a table."""
    ours: list[dict[str, float]] = []
    theirs: list[dict[str, float]] = []
    for _ in range(rounds):
        ours.append(child(sys.executable, "--measure", "trace_core"))
        if baseline:
            theirs.append(child(baseline, "--measure", "opto.trace"))
    print(f"{'':44}{'trace_core':>12}{'trace-opt':>12}{'ratio':>8}")
    for name in ours[0]:
        mine = statistics.median(each[name] for each in ours)
        known = bool(theirs) and name in theirs[0]
        other = statistics.median(each[name] for each in theirs) if known else None
        tail = f"{other:12.2f}{other / mine:8.1f}" if other is not None else f"{'-':>12}{'-':>8}"
        print(f"{name:44}{mine:12.2f}{tail}")
    print("\nbackward of a chain and reading its subgraph (trace_core)")
    scales = [median_scale(size) for size in SCALES]
    for size, found in zip(SCALES, scales, strict=True):
        print(f"{size:>10,} nodes {found['seconds']:8.4f} s {found['mib']:8.1f} MiB more")
    print(f"    time grows like N^{exponent([found['seconds'] for found in scales]):.2f}")


def median_scale(size: int) -> dict[str, float]:
    """The median of three processes."""
    found = [child(sys.executable, "--scale", str(size)) for _ in range(3)]
    return {key: statistics.median(each[key] for each in found) for key in found[0]}


def exponent(seconds: list[float]) -> float:
    """The slope of a least-squares line through the logarithms of sizes and times."""
    sizes = [math.log(size) for size in SCALES]
    return statistics.linear_regression(sizes, [math.log(each) for each in seconds]).slope


def child(python: str, *words: str) -> dict[str, float]:
    """One measurement in a process of its own."""
    done = subprocess.run(
        [python, __file__, *words], capture_output=True, text=True, check=True
    ).stdout
    result: dict[str, float] = json.loads(done.splitlines()[-1])
    return result


def measure(module: str) -> dict[str, float]:
    """All figures of one library."""
    lib: Any = importlib.import_module(module)
    return {**operations(lib), **memory(lib), **backwards(lib)}


def operations(lib: Any) -> dict[str, float]:
    """Microseconds of single operations."""
    quick = lib.__name__ == "trace_core"
    count = CALLS if quick else CALLS // 20

    def plain(x: float, y: float) -> float:
        return x + y

    traced = lib.bundle()(plain)

    @lib.bundle(trainable=True)
    def trained(x: float, y: float) -> float:
        return x + y

    a, b = lib.node(1.0), lib.node(2.0)
    direct = per_call(lambda: plain(1.0, 2.0), count)
    figures = {
        "node + node (us)": per_call(lambda: a + b, count),
        "node creation (us)": per_call(lambda: lib.node(1.0), count),
        "bundle call above plain (us)": per_call(lambda: traced(a, b), count) - direct,
        "trainable bundle above plain (us)": per_call(lambda: trained(a, b), count) - direct,
    }
    with lib.stop_tracing():
        stopped = per_call(lambda: traced(a, b), count) - direct
    return {**figures, "tracing stopped, above plain (us)": stopped}


def per_call(function: Callable[[], Any], count: int) -> float:
    """Microseconds a call, the loop and the lambda taken off; the median of several loops."""

    def loop(call: Callable[[], Any]) -> float:
        started = time.perf_counter()
        for _ in range(count):
            call()
        return (time.perf_counter() - started) / count * 1e6

    empty = statistics.median(loop(lambda: None) for _ in range(5))
    return statistics.median(loop(function) for _ in range(7)) - empty


def memory(lib: Any) -> dict[str, float]:
    """Bytes of a traced operation that is kept."""
    count = 10_000 if lib.__name__ == "trace_core" else 2_000
    x = b = lib.node(1.0)
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(count):
        x = x + b
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return {"bytes a traced operation": used / count}


def backwards(lib: Any) -> dict[str, float]:
    """Milliseconds of backward plus reading every parameter's subgraph."""
    large = lib.__name__ == "trace_core"
    figures = {
        "backward, chain of 1,000 (ms)": backward(lib, chain, 1_000),
        "backward, random DAG of 300 (ms)": backward(lib, dag, 300),
        "backward, 300 recurrent steps (ms)": backward(lib, recurrent, 300),
        "backward, 200 parameters into one (ms)": backward(lib, wide, 200),
    }
    if large:
        figures |= {
            "backward, chain of 10,000 (ms)": backward(lib, chain, 10_000),
            "backward, random DAG of 3,000 (ms)": backward(lib, dag, 3_000),
            "backward, 1,000 recurrent steps (ms)": backward(lib, recurrent, 1_000),
            "backward, 3,000 parameters into one (ms)": backward(lib, wide, 3_000),
        }
    return figures


def backward(lib: Any, build: Callable[[Any, int], tuple[Any, list[Any]]], size: int) -> float:
    """Milliseconds for one graph, its building not counted."""
    propagator = importlib.import_module(PROPAGATORS[lib.__name__]).GraphPropagator()
    times = []
    for _ in range(3 if lib.__name__ == "trace_core" else 1):
        output, parameters = build(lib, size)
        gc.collect()
        started = time.perf_counter()
        output.backward("feedback")
        for parameter in parameters:
            assert propagator.aggregate(parameter.feedback).graph
        times.append((time.perf_counter() - started) * 1e3)
    return statistics.median(times)


def chain(lib: Any, size: int) -> tuple[Any, list[Any]]:
    """One parameter, then one operator after the other."""
    x = y = lib.node(1.0, name="x", trainable=True)
    one = lib.node(1.0)
    for _ in range(size):
        y = y + one
    return y, [x]


def dag(lib: Any, size: int) -> tuple[Any, list[Any]]:
    """Every node has two random parents among those before it."""
    rng = random.Random(0)
    x = lib.node(1.0, name="x", trainable=True)
    nodes = [x, lib.node(0.5)]
    for _ in range(size):
        # different parents: the published library can't have one twice
        left, right = rng.sample(nodes[-50:], 2)
        nodes.append(left - right)
    end = nodes[-1]
    for each in nodes[-10:-1]:
        end = end + each
    return end, [x]


def recurrent(lib: Any, size: int) -> tuple[Any, list[Any]]:
    """A state that the same parameter updates step by step."""
    x = lib.node(0.5, name="x", trainable=True)
    state = lib.node(1.0)
    for _ in range(size):
        state = state * x
    return state, [x]


def wide(lib: Any, size: int) -> tuple[Any, list[Any]]:
    """Many parameters, each an input of one operator."""
    parameters = [lib.node(float(i), name="p", trainable=True) for i in range(size)]

    @lib.bundle()
    def total(*values: float) -> float:
        return sum(values)

    return total(*parameters), parameters


def scale(size: int) -> dict[str, float]:
    """Seconds and additional peak memory of backward over a chain."""
    lib: Any = importlib.import_module("trace_core")
    output, (parameter,) = chain(lib, size)
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    output.backward("feedback")
    (views,) = parameter.feedback.values()
    assert len(views[0].nodes) == size + 1
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"seconds": seconds, "mib": (after - before) / 1024}


if __name__ == "__main__":
    sys.exit(main())
