"""What `compare_with_trace_opt.py` compares on: how the published library is told of each task."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any, ClassVar

from trace_bench import registry
from trace_bench.plan import choose
from trace_bench.tasks.numerical import Numerical
from trace_bench.tasks.traffic.limits import BOUNDS
from trace_core import ExceptionNode
from trace_core.optimizers._constraints import words
from trace_core.opto import Outcome, Problem, Task


class Compared(ABC):
    """A task on both sides of the pipe.

    Attributes:
        name: the task's.
        measure: what the score is, in the heading of the table.
        settings: of the task, other than its own.
    """

    name: ClassVar[str]
    measure: ClassVar[str]
    settings: ClassVar[dict[str, Any]] = {}

    def __init__(self) -> None:
        config = {**registry.config("task", self.name), **self.settings}
        self.task: Task = choose("task", config).build()

    def job(self, problem: Problem, seed: int) -> dict[str, Any]:
        """The problem as plain data, without its solution."""
        start = {p.base_name: p.data for p in problem.parameters}
        constraints = {
            p.base_name: p.constraint and words(p.constraint) for p in problem.parameters
        }
        described = {"start": start, "constraints": constraints, "context": problem.context}
        return {"task": self.name, **described}

    def evaluation(self, outcome: Outcome) -> dict[str, Any]:
        """What of an evaluation the library cannot compute for itself."""
        return {}

    @abstractmethod
    def is_valid(self, value: object) -> bool:
        """Whether a parameter may have this value."""


class ComparedNumerical(Compared):
    """The library evaluates the same graph on its own nodes."""

    name = "numerical"
    measure = "final error"

    def job(self, problem: Problem, seed: int) -> dict[str, Any]:
        """The graph with its constants."""
        assert isinstance(self.task, Numerical)
        graph = self.task.trial(seed).graph
        instructions = [
            [op.symbol, *([type(each).__name__, each.index] for each in (op.left, op.right))]
            for op in graph.instructions
        ]
        described = {"constants": graph.constants, "instructions": instructions}
        return {**super().job(problem, seed), **described}

    def is_valid(self, value: object) -> bool:
        """A finite number."""
        return isinstance(value, float) and math.isfinite(value)


class ComparedTraffic(Compared):
    """The library has operators of the same names and texts; what they return is simulated here.

    Ours also have the demand, the engine and the rule of the score as inputs.
    """

    name = "traffic"
    measure = "final delay score"
    settings: ClassVar[dict[str, Any]] = {"engine": "cpp"}

    def evaluation(self, outcome: Outcome) -> dict[str, Any]:
        """What the operators returned, or why the first one refused the green times."""
        analysis = outcome.output
        if isinstance(analysis, ExceptionNode):
            return {"error": str(analysis.data).removeprefix("(ValueError) ")}
        traffic = analysis.parents[0]
        crossing = traffic.parents[0]
        return {"stages": [repr(crossing.data), repr(traffic.data), analysis.data]}

    def is_valid(self, value: object) -> bool:
        """A whole number of seconds within the bounds."""
        return type(value) is int and BOUNDS.low <= value <= BOUNDS.high


COMPARED: dict[str, type[Compared]] = {
    each.name: each for each in (ComparedNumerical, ComparedTraffic)
}
