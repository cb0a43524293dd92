"""Which part of a run's time tracing takes, where there is no LLM to wait for.

    python scripts/bench_share.py [TASK ...]

For every task there is (or those that are named): what it costs to record one run of its workflow
and to bring the minimal subgraph to its parameters, beside the workflow itself and the evaluation
that a run makes with it. Then a rollout like Meta-World's (30 operators, ten steps of a simulator
that takes 8 ms, its fastest), and the whole numerical task as `trace-bench run` executes it,
and an evaluation of the traffic task by either engine of UXsim.
"""

from __future__ import annotations

import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from trace_bench import registry
from trace_bench.plan import choose, plan
from trace_bench.runner import execute
from trace_bench.store import RunFolder
from trace_bench.tasks.numerical import Numerical
from trace_bench.tasks.traffic.crossing import Crossing, Engine
from trace_bench.tasks.traffic.demand import Demand
from trace_bench.tasks.traffic.limits import START_S
from trace_bench.tasks.traffic.problem import TrafficProblem
from trace_bench.tasks.traffic.score import analyse
from trace_bench.tasks.traffic.simulation import forget, run, simulate
from trace_core import MessageNode, UserError, bundle, node, sandbox, stop_tracing, trace_feedback
from trace_core._labels import labels
from trace_core._propagate import ancestors
from trace_core.llm import MockLLM
from trace_core.opto import Problem

STEPS = 10
SIMULATOR_S = 0.008
BUDGET_S = 6.0
"""For each task: rounds of a workflow are measured until then, three at least."""
LEARNT = {
    "reason_code": "def reason(self, map):\n    return [[r, c] for r, row in enumerate(map) "
    "for c, s in enumerate(row) if s == '.']",
    "act_code": "def act(self, map, plan):\n    return plan[0]",
}
"""Code for tasks whose parameters are stubs at the start: with those nothing would happen."""


def main() -> None:
    """Measure and print."""
    logging.disable()
    print(f"{'task':16} operators    workflow  evaluation    tracing   share of tracing")
    for name in sys.argv[1:] or registry.names("task"):
        try:
            print(f"{name:16} {share(name)}", flush=True)
        except UserError as error:
            print(f"{name:16} left out: {error}")
    if sys.argv[1:]:
        return
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


def share(name: str) -> str:
    """A line about a task: counts, times, and the share of tracing with and without evaluation."""
    with workflow(name) as problem:
        operators = sum(isinstance(n, MessageNode) for n in ancestors([problem.oracle().output]))
        plain, recording, backward, evaluating = rounds(problem, operators)
    tracing = recording + backward
    times = [f"{each * 1e3:8.2f} ms" for each in (plain, evaluating)]
    cells = f"{operators:9} {' '.join(times)} {tracing * 1e3:7.3f} ms"
    alone, whole = tracing / (plain + tracing), tracing / (plain + evaluating + tracing)
    return f"{cells}   {alone:.2%} of the workflow, {whole:.2%} with evaluation"


def rounds(problem: Problem, operators: int) -> tuple[float, float, float, float]:
    """Median seconds of the untraced workflow, of recording it, of backward, of an evaluation.

    What recording costs is the difference of traced and untraced runs, taken in turn; where a
    workflow's own time varies by more than that, it is the number of operators times the price of
    one (a bundle call, less the plain call).
    """
    times: list[tuple[float, float, float, float]] = []
    end = time.perf_counter() + BUDGET_S
    while len(times) < 3 or (time.perf_counter() < end and len(times) < 300):
        forget()
        with stop_tracing():
            plain = seconds(problem.oracle, 1)
        forget()
        started = time.perf_counter()
        outcome = problem.oracle()
        traced = time.perf_counter() - started
        backward = seconds(lambda: subgraph(problem, outcome.output), 1)  # noqa: B023 called here
        times.append((plain, traced - plain, backward, seconds(problem.evaluate, 1)))
    plain, difference, backward, evaluating = map(statistics.median, zip(*times, strict=True))
    counted = operators * price()
    spread = statistics.pstdev(t[0] for t in times)
    return plain, counted if spread > counted else max(difference, 0.0), backward, evaluating


def subgraph(problem: Problem, output: Any) -> None:
    """What an optimizer does with a trace before it thinks."""
    output.backward("feedback", retain_graph=True)
    trace_feedback(problem.parameters)
    for parameter in problem.parameters:
        parameter.zero_feedback()


def price() -> float:
    """Seconds that recording one bundle call takes."""
    traced, x = bundle()(_act), node([0.0])
    return seconds(lambda: traced(x), 2000) - seconds(lambda: _act(x.data), 2000)


@contextmanager
def workflow(name: str) -> Iterator[Problem]:
    """The first trial of a task, ready to be run."""
    task = choose("task", registry.config("task", name)).build()
    with sandbox.use("auto", imports=task.imports):
        problem = task.problem(0)
        if getattr(task, "uses_llm", False):
            problem.llm = MockLLM()
        for label, parameter in labels(problem.parameters).items():
            if label in LEARNT:
                parameter.update(LEARNT[label])
        yield problem


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
