"""Which part of a run's time tracing takes, where there is no LLM to wait for.

    python scripts/bench_share.py

Three workflows: a rollout like Meta-World's (30 operators, ten steps of a simulator that takes
8 ms, its fastest), the whole numerical task as `trace-bench run` executes it, and an evaluation of
the traffic task by either engine of UXsim.
"""

from __future__ import annotations

import logging
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from trace_bench.plan import plan
from trace_bench.runner import execute
from trace_bench.store import RunFolder
from trace_bench.tasks.numerical import Numerical
from trace_bench.tasks.traffic.crossing import Crossing, Engine
from trace_bench.tasks.traffic.demand import Demand
from trace_bench.tasks.traffic.limits import START_S
from trace_bench.tasks.traffic.problem import TrafficProblem
from trace_bench.tasks.traffic.score import analyse
from trace_bench.tasks.traffic.simulation import run, simulate
from trace_core import bundle, node

STEPS = 10
SIMULATOR_S = 0.008


def main() -> None:
    """Measure and print."""
    logging.disable()
    overhead = seconds(lambda: rollout(bundle()), 200) - seconds(lambda: rollout(untraced), 200)
    simulated = STEPS * SIMULATOR_S
    print(f"rollout of 30 operators: tracing {overhead * 1e6:.0f} us of {simulated * 1e3:.0f} ms")
    print(f"  {overhead / simulated:.2%} of its time")
    overhead = numerical()
    whole = statistics.median(numerical_run() for _ in range(15))
    print(f"numerical, 10 updates: tracing {overhead * 1e6:.0f} us of {whole * 1e3:.1f} ms")
    print(f"  {overhead / whole:.2%} of the run's time")
    for engine in ("cpp", "python"):
        overhead, whole = traffic(engine)
        print(f"traffic, {engine}: tracing {overhead * 1e6:.0f} us of {whole * 1e3:.0f} ms")
        print(f"  {overhead / whole:.2%} of an evaluation's time")


def seconds(function: Callable[[], Any], count: int) -> float:
    """Median time of a call."""
    times = []
    for _ in range(count):
        started = time.perf_counter()
        function()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def untraced(function: Callable[..., Any]) -> Callable[..., Any]:
    """In place of `bundle()`: the plain function."""
    return function


def rollout(traced: Callable[[Callable[..., Any]], Any]) -> Any:
    """Reset, then ten times: read the observation, act, step."""
    look, act, step = traced(_look), traced(_act), traced(_step)
    observation = node(_START) if isinstance(look, type(bundle()(_look))) else _START
    for _ in range(STEPS):
        observation = step(act(look(observation)))
    return observation


_START = {"hand": [0.0, 0.6, 0.2], "goal": [0.1, 0.8, 0.2]}


def _look(observation: dict[str, list[float]]) -> list[float]:
    return [g - h for g, h in zip(observation["goal"], observation["hand"], strict=True)]


def _act(offset: list[float]) -> list[float]:
    return [*offset, 0.0]


def _step(action: list[float]) -> dict[str, list[float]]:
    return {"hand": action[:3], "goal": _START["goal"]}


def traffic(engine: Engine) -> tuple[float, float]:
    """Seconds of tracing in an evaluation, and of the simulation, which is remembered but once."""
    crossing = Crossing(START_S, START_S, Demand.of_trial(0), engine)
    problem = TrafficProblem(crossing.demand, engine=engine, rule="paper")
    simulated = seconds(lambda: run(crossing), 5)
    problem.oracle()
    plain = seconds(lambda: analyse(simulate(crossing), "paper").as_dict(), 300)
    return seconds(problem.oracle, 300) - plain, simulated


def numerical() -> float:
    """Seconds of tracing in a run of ten updates: traced evaluations less plain ones."""
    task = Numerical()
    problem, trial = task.problem(0), task.trial(0)
    traced = seconds(problem.oracle, 300)
    plain = seconds(lambda: trial.graph.evaluate(-1.0), 300)
    return (STEPS + 1) * (traced - plain)


def numerical_run() -> float:
    """Seconds of one run, from its validated configuration to the files on disk."""
    (run,) = plan(["task=numerical", "optimizer=random_search", "seed=0"])
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        execute(run, RunFolder(Path(folder) / run.id), lambda row: None)
        return time.perf_counter() - started


if __name__ == "__main__":
    main()
