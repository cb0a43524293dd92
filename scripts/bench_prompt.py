"""Measure how long OptoPrime takes to write the prompt of a long trace, and how long the prompt is.

    python scripts/bench_prompt.py [--operations 10000] [--tokens 6000] [--rounds 5] [--json]

Prints medians of processor time, which a busy machine does not change much. The promise is a prompt
within the budget in 0.5 s for 10,000 operations, whatever the trace is like: a loop, a random
graph, long values at every operation, or one operation with many inputs.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable
from typing import Any

from trace_core import bundle, node
from trace_core.llm import MockLLM
from trace_core.optimizers import OptoPrime
from trace_core.optimizers._context import CHARACTERS_PER_TOKEN

Trace = tuple[Any, Any]
"""A parameter, and an output that depends on it."""


def loop(operations: int) -> Trace:
    """A loop of two operations."""
    x = y = node(1.0, name="x", trainable=True)
    for _ in range(operations // 2):
        y = y * 1.0001 + 0.001
    return x, y


def random_graph(operations: int) -> Trace:
    """Operations on two of the last few values, without a pattern."""
    rng = random.Random(0)
    x = node(1.0, name="x", trainable=True)
    values = [x]
    for _ in range(operations):
        left, right = rng.choice(values[-9:]), values[-1]
        values.append(rng.choice([left + right, left - right, left * 0.5]))
    return x, values[-1]


@bundle()
def extend(text, more):
    """The text, and more."""
    return text[:5_000] + more


def long_values(operations: int) -> Trace:
    """A text of some thousand characters at every operation."""
    x = y = node("word " * 1000, name="x", trainable=True)
    for k in range(operations):
        y = extend(y, f"{k} " * 50)
    return x, y


@bundle()
def total(*values):
    """The sum."""
    return sum(values)


def many_inputs(operations: int) -> Trace:
    """One operation with as many inputs."""
    x = node(1.0, name="x", trainable=True)
    return x, total(x, *(node(float(k)) for k in range(operations)))


TRACES: dict[str, Callable[[int], Trace]] = {
    "loop": loop,
    "random graph": random_graph,
    "long values": long_values,
    "many inputs": many_inputs,
}


def measure(name: str, operations: int, tokens: int, rounds: int) -> dict[str, Any]:
    """Processor seconds from the feedback to the prompt, and its length by our estimate."""
    x, output = TRACES[name](operations)
    optimizer = OptoPrime([x], MockLLM(), max_prompt_tokens=tokens)
    optimizer.backward(output, "The output needs to be larger.")
    seconds, length = [], 0
    for _ in range(rounds):
        started = time.process_time()
        messages = optimizer.prompt(optimizer.problem_instance())
        seconds.append(time.process_time() - started)
        length = sum(len(message.content) for message in messages)
    return {
        "trace": name,
        "seconds": statistics.median(seconds),
        "tokens": round(length / CHARACTERS_PER_TOKEN),
    }


def main() -> None:
    """Measure every kind of trace."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--operations", type=int, default=10_000)
    parser.add_argument("--tokens", type=int, default=6_000, help="the budget")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = [measure(k, options.operations, options.tokens, options.rounds) for k in TRACES]
    if options.json:
        print(json.dumps(found, indent=1))
        return
    print(f"{options.operations:,} operations, a budget of {options.tokens:,} tokens")
    for row in found:
        print(f"{row['trace']:14} {row['seconds']:6.3f} s {row['tokens']:8,} tokens")


if __name__ == "__main__":
    main()
