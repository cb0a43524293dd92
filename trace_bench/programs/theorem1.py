"""Theorem 1 measured: time and memory of the backward step against nodes N and degree W."""

from __future__ import annotations

import csv
import json
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import trace_core
from trace_bench.experiments import Size
from trace_bench.numerals import number
from trace_core import GradientPropagator, UserError

from . import Work, priority_queue, theorem1_figure
from .propagation_graphs import cost, layered

STEM = "theorem1_propagation"
OURS = "minimal subgraph (trace_core)"
BACK_PROPAGATION = "back-propagation (trace_core)"
PAPERS = "Algorithms 1 and 2 as printed"
PUBLISHED = "trace-opt"
OTHER_PYTHON = "TRACE_OPT_PYTHON"
"""Environment variable: the interpreter of an environment with trace-opt, to measure it too."""
FIT_FROM = 1000
"""Exponents are fitted from so many nodes on: below, constant costs count."""

Cost = Callable[[int, int], tuple[float, int]]
"""(nodes, width) -> seconds and bytes."""


@dataclass(frozen=True, slots=True)
class Effort:
    """Which graphs a size of the experiment looks at.

    Attributes:
        nodes: N, with `width` 2.
        widths: W, with `at` nodes.
        limit_s: a method that took longer is not tried on larger graphs.
    """

    nodes: Sequence[int]
    widths: Sequence[int]
    at: int
    limit_s: float


FULL = Effort([round(10 ** (k / 2)) for k in range(4, 13)], [1, 2, 4, 8, 16, 32], 1000, 10.0)
EFFORTS: dict[Size, Effort] = {
    "smoke": Effort([100, 316, 1000, 3162], [1, 2, 4], 200, 0.3),
    "small": FULL,
    "paper": FULL,
}


@dataclass(frozen=True, slots=True)
class Measured:
    """What a method costs on one graph.

    Attributes:
        sweep: "N" or "W": which of them varies in the series that this belongs to.
    """

    method: str
    sweep: str
    nodes: int
    width: int
    seconds: float
    bytes: int


def make(work: Work) -> Iterator[Path]:
    """Measure, draw, and tabulate."""
    found: list[Measured] = []
    for measured in measure(EFFORTS[work.size], methods()):
        found.append(measured)
        work.tell(
            f"{measured.method}: N = {measured.nodes}, W = {measured.width}: "
            f"{number(measured.seconds)} s, {number(measured.bytes / 2**20)} MiB"
        )
    work.out.mkdir(parents=True, exist_ok=True)
    yield _as_csv(found, work.out / f"{STEM}.csv")
    yield _as_markdown(found, work.out / f"{STEM}.md")
    yield from theorem1_figure.draw(found, exponents(found), work.out, STEM)


def methods() -> dict[str, Cost]:
    """What is measured, by name; the published library if an interpreter is named."""
    found: dict[str, Cost] = {
        OURS: partial(_cost, _subgraphs),
        BACK_PROPAGATION: partial(_cost, _gradient),
        PAPERS: partial(_cost, lambda made: priority_queue.backward(made[1])),
    }
    if python := os.environ.get(OTHER_PYTHON):
        found[PUBLISHED] = partial(_elsewhere, python)
    return found


def measure(effort: Effort, chosen: dict[str, Cost]) -> Iterator[Measured]:
    """Measure every method on growing graphs, until it takes too long."""
    sweeps = {
        "N": [(nodes, 2) for nodes in effort.nodes],
        "W": [(effort.at, width) for width in effort.widths],
    }
    for sweep, graphs in sweeps.items():
        for method, costs in chosen.items():
            for nodes, width in graphs:
                measured = Measured(method, sweep, nodes, width, *costs(nodes, width))
                yield measured
                if measured.seconds > effort.limit_s:
                    break


def exponents(found: Sequence[Measured]) -> dict[tuple[str, str, str], float]:
    """By (method, "N" or "W", "seconds" or "bytes"): the slope of a line through the logarithms.

    Of N from `FIT_FROM` on where there are three such graphs, else over the last three.
    """
    slopes = {}
    for method, sweep in dict.fromkeys((m.method, m.sweep) for m in found):
        series = [m for m in found if (m.method, m.sweep) == (method, sweep)]
        large = [m for m in series if m.nodes >= FIT_FROM or sweep == "W"]
        fitted = large if len(large) >= 3 else series[-3:]
        sizes = [m.nodes if sweep == "N" else m.width for m in fitted]
        for what in ("seconds", "bytes"):
            costs = [max(getattr(m, what), 1e-9) for m in fitted]
            if len(fitted) > 1:
                slopes[method, sweep, what] = float(np.polyfit(np.log(sizes), np.log(costs), 1)[0])
    return slopes


def _cost(run: Callable[[Any], Any], nodes: int, width: int) -> tuple[float, int]:
    return cost(lambda: layered(trace_core, nodes, width), run)


def _subgraphs(made: Any) -> Any:
    """Backward, and every subgraph that an optimizer may ask for."""
    parameter, output = made
    output.backward("feedback")
    return [view.nodes for views in parameter.feedback.values() for view in views]


def _gradient(made: Any) -> Any:
    parameter, output = made
    propagator = GradientPropagator()
    propagator.differentiate("mean", lambda g, z, *values: [g / len(values)] * len(values))
    output.backward(1.0, propagator=propagator)
    return propagator.gradient(parameter)


def _elsewhere(python: str, nodes: int, width: int) -> tuple[float, int]:
    program = Path(__file__).with_name("propagation_graphs.py")
    command = [python, str(program), "opto.trace", str(nodes), str(width)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except OSError as error:
        raise UserError(f"{OTHER_PYTHON}={python} cannot be run: {error.strerror}.") from error
    except subprocess.CalledProcessError as error:
        reason = (error.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise UserError(f"{OTHER_PYTHON}={python} cannot measure trace-opt: {reason}") from error
    seconds, size = json.loads(done.stdout)
    return float(seconds), int(size)


def _as_csv(found: Sequence[Measured], path: Path) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(asdict(found[0])), lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(measured) for measured in found)
    return path


def _as_markdown(found: Sequence[Measured], path: Path) -> Path:
    """Exponents, and the largest graph of each method."""
    slopes = exponents(found)
    heads = ["method", "time: N^", "time: W^", "memory: N^", "memory: W^", "largest N", "takes"]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for method in dict.fromkeys(m.method for m in found):
        keys = [(s, what) for what in ("seconds", "bytes") for s in ("N", "W")]
        cells = [number(slopes.get((method, *key))) for key in keys]
        last = [m for m in found if (m.method, m.sweep) == (method, "N")][-1]
        cells += [f"{last.nodes:,}", f"{number(last.seconds)} s, {number(last.bytes / 2**20)} MiB"]
        lines.append(f"| {' | '.join([method, *cells])} |")
    note = (
        "Layered graphs of degree W; N varies with W = 2, W with a fixed N. Exponents are slopes "
        f"through the logarithms, of N from {FIT_FROM} on. The paper's bound is W N^2 log N in "
        "time and, as its proof reads, W N in memory."
    )
    path.write_text("\n".join([*lines, "", note, ""]), encoding="utf-8")
    return path
