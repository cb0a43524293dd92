"""Adam on the frozen numerical problems: the final error after some updates, over 30 trials.

    python scripts/adam_curves.py [--updates 10 100] [--lr 0.1]

Fig. 5a shows Adam at a mean |error| of 0.39 after 10 updates. Ten updates at a learning rate of 0.1
move x by 1 at most, and x* is up to 4 away from the start, so that figure belongs to the authors'
own selection of graphs and is not to be expected here.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from timeit import timeit

import yaml

from trace_bench.baselines.adam import Adam
from trace_bench.statistics import STATISTICS, estimate
from trace_bench.tasks.numerical import Numerical

CONFIG = Path(__file__).parents[1] / "conf" / "task" / "numerical.yaml"
CALLS = 2000


@dataclass(frozen=True)
class Curve:
    """One trial: |error| at iterations 0, 1, …; the last value stays once a run has stopped."""

    errors: tuple[float, ...]
    solved: bool

    def at(self, iteration: int) -> float:
        """Return the error after `iteration` updates."""
        return self.errors[min(iteration, len(self.errors) - 1)]


def published_task() -> Numerical:
    """Return the task as its configuration file describes it."""
    settings = yaml.safe_load(CONFIG.read_text())
    return Numerical(**{k: v for k, v in settings.items() if k not in _ABOUT})


_ABOUT = ("name", "kind", "description")


def run(task: Numerical, trial: int, updates: int, lr: float) -> Curve:
    """Run Adam on one trial."""
    problem = task.problem(trial)
    adam = Adam.for_problem(problem, seed=trial, llm=None, lr=lr)
    outcomes = [step.outcome for step in adam.fit(problem, updates)]
    errors = [outcome.score for outcome in outcomes if outcome.score is not None]
    return Curve(tuple(errors), outcomes[-1].solved)


def show(curves: Sequence[Curve], iteration: int) -> None:
    """Print one line: every statistic of the errors with its 95 % interval."""
    errors = [curve.at(iteration) for curve in curves]
    solved = sum(c.solved and len(c.errors) <= iteration + 1 for c in curves)
    cells = []
    for name in STATISTICS:
        found = estimate(errors, name)
        interval = "" if found.low is None else f" [{found.low:.2f}, {found.high:.2f}]"
        cells.append(f"{name} {found.value:.2f}{interval}")
    print(f"{iteration:>4} updates: {' · '.join(cells)} · solved {solved}/{len(curves)}")


def timings(task: Numerical, lr: float) -> dict[str, float]:
    """Return mean seconds on the first trial: one iteration, one oracle call, one plain one."""
    problem, graph = task.problem(0), task.trial(0).graph
    adam = Adam.for_problem(problem, seed=0, llm=None, lr=lr)

    def iterate() -> None:
        adam.zero_feedback()
        adam.backward(problem.oracle())
        adam.step()

    subjects: dict[str, Callable[[], object]] = {
        "one iteration with Adam": iterate,
        "its oracle, traced": problem.oracle,
        "on plain floats": lambda: graph.evaluate(task.start),
    }
    return {name: timeit(subject, number=CALLS) / CALLS for name, subject in subjects.items()}


def main() -> None:
    """Parse arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--updates", type=int, nargs="+", default=[10, 100])
    parser.add_argument("--lr", type=float, default=0.1, help="Adam's learning rate")
    options = parser.parse_args()
    task = published_task()
    trials = len(task.seeds or ())
    curves = [run(task, i, max(options.updates), options.lr) for i in range(trials)]
    for iteration in (0, *options.updates):
        show(curves, iteration)
    micro = {name: f"{seconds * 1e6:.0f} µs" for name, seconds in timings(task, options.lr).items()}
    print(" · ".join(f"{name} {figure}" for name, figure in micro.items()))


if __name__ == "__main__":
    main()
