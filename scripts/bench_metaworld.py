"""What Meta-World costs here, and how its scripted expert fares through the language layer.

    python scripts/bench_metaworld.py

The expert: 50 seeds of the three tasks of the paper. The time: an iteration of code that never
succeeds, the slowest kind, in the sandbox: a traced episode of 10 steps and 10 held-out ones.
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import Any

from trace_bench.tasks.metaworld import Metaworld
from trace_bench.tasks.metaworld.environment import LanguageFeedback
from trace_bench.tasks.metaworld.problem import MetaworldProblem
from trace_core import sandbox

TASKS = ("reach", "pick-place", "push")
SEEDS, HORIZON, ROUNDS = 50, 10, 9
NODS = "def act(obs):\n    return [0.0, 0.0, 0.05 if obs['hand_pos'][2] < 0.2 else -0.05, 0.0]"
"""Who stays where it is has shorter steps: it is there at once."""


def main() -> int:
    """Measure and print."""
    for env in TASKS:
        started = time.perf_counter()
        world = LanguageFeedback(env, control="relative")
        print(f"{env}: built in {time.perf_counter() - started:.2f} s")
        print(f"  expert: {expert(world)}")
        print(f"  iteration: {iteration(env)}")
    return 0


def expert(world: LanguageFeedback) -> str:
    """Success, steps and return until then, over seeds."""
    steps, totals = [], []
    for seed in range(SEEDS):
        world.reset(seed=seed)
        total, success = 0.0, False
        for k in range(HORIZON):
            _, reward, _, _, info = world.step(world.expert_action())
            total += reward
            success = info["success"]
            if success:
                steps.append(k + 1)
                totals.append(total)
                break
    return (
        f"{len(steps)} of {SEEDS} seeds in {min(steps)} to {max(steps)} steps, "
        f"mean return {statistics.mean(totals):.1f}"
    )


class Canned:
    """An environment that takes no time: its answers are those of another's first step."""

    def __init__(self, environment: Any) -> None:
        self._first = environment.reset(seed=0, options={"goal": 0})
        self._then = environment.step([0.0, 0.0, 0.05, 0.0])

    def reset(self, **_: Any) -> Any:
        """Begin an episode."""
        return self._first

    def step(self, _: Any) -> Any:
        """Act."""
        return self._then


def iteration(env: str) -> str:
    """Seconds of an iteration, and the share that it takes without a simulator."""
    task = Metaworld(env=env)
    canned = Canned(task.settings.environment())
    with sandbox.use("auto", imports=task.imports) as chosen:
        chosen.start()
        trial = task.problem(0)._trial
        wall, cpu = seconds(MetaworldProblem(trial))
        rest, _ = seconds(MetaworldProblem(trial, environment=canned))
    return (
        f"{wall:.2f} s of wall time, {cpu:.2f} s of CPU (at most 6); "
        f"tracing and sandbox ({chosen.name}): {1000 * rest:.0f} ms, {100 * rest / wall:.1f} % "
        "of the wall time (below 5)"
    )


def seconds(problem: MetaworldProblem) -> tuple[float, float]:
    """Wall and CPU time of an iteration: the medians of some."""
    problem.parameters[0].update(NODS)
    problem.oracle()
    walls, cpus = [], []
    for _ in range(ROUNDS):
        wall, cpu = time.perf_counter(), time.process_time()
        problem.oracle()
        problem.evaluate()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return statistics.median(walls), statistics.median(cpus)


if __name__ == "__main__":
    sys.exit(main())
