"""A third-party package: a task, one without scores, and optimizers that make the runner work."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Gt

from trace_core import node
from trace_core.llm import Message, Request
from trace_core.optimizers import Optimizer, Step
from trace_core.opto import FEEDBACK, SCORE, Outcome, Problem, Task


class ToyProblem(Problem):
    """|x - seed| is to become 0."""

    context = "Find x."

    def __init__(self, task: ToySlope, seed: int) -> None:
        self.task, self.goal = task, float(seed)
        self.parameters = [node(10.0, name="x", trainable=True)]
        self.calls = 0

    def oracle(self) -> Outcome:
        task, self.calls = self.task, self.calls + 1
        time.sleep(task.delay_s)
        if task.fails_while and Path(task.fails_while).exists() and self.calls == 3:
            raise RuntimeError("the toy broke\nwith two lines")
        if task.disk_full:
            raise OSError(28, "No space left on device")
        x = self.parameters[0]
        error = abs(x.data - self.goal)
        if task.noise:
            error += time.perf_counter() % 1
        if task.has_score:
            return Outcome(x, f"x={x.data}", float(error), solved=error < task.tolerance)
        return Outcome(x, f"x={x.data}")

    def evaluate(self) -> dict[str, float]:
        return {"held_out_error": float(self.parameters[0].data - self.goal) ** 2}


class ToySlope(Task):
    """A toy: walk to the seed's number.

    Args:
        tolerance: what counts as solved.
        delay_s: how long an oracle takes.
        fails_while: while this file exists, the third oracle raises.
        noise: answers depend on the clock.
        disk_full: the oracle meets a full disk.
    """

    metric: ClassVar[str] = "distance (toys)"
    provides: ClassVar[frozenset[str]] = frozenset({FEEDBACK, SCORE})
    cpu_bound: ClassVar[bool] = False
    iterations: ClassVar[int] = 6
    has_score: ClassVar[bool] = True

    def __init__(
        self,
        tolerance: Annotated[float, Gt(0)] = 0.5,
        delay_s: Annotated[float, Ge(0)] = 0.0,
        fails_while: str | None = None,
        noise: bool = False,
        disk_full: bool = False,
    ) -> None:
        if tolerance == 13:
            raise ValueError("13 is not allowed")
        self.tolerance, self.delay_s, self.fails_while = tolerance, delay_s, fails_while
        self.noise, self.disk_full = noise, disk_full

    def problem(self, seed: int) -> ToyProblem:
        return ToyProblem(self, seed)

    def calibrate(self, problem: Problem, score: float) -> float:
        return 1 - score / 10


class ToyWords(ToySlope):
    """A toy that gives feedback in words only."""

    provides: ClassVar[frozenset[str]] = frozenset({FEEDBACK})
    has_score: ClassVar[bool] = False


class ToyAskingProblem(ToyProblem):
    """Its workflow asks the LLM; only the last iteration is judged."""

    asked = 0

    def oracle(self) -> Outcome:
        self.asked += 1
        prompt = f"{self.task.word} {self.asked}?"
        reply = self.llm.complete(Request((Message("user", prompt),)))
        return Outcome(self.parameters[0], reply.text, keep=self.asked % 2 == 0)

    def evaluate(self) -> dict[str, float]:
        return {"asked": float(self.asked)} if self.asked > self.budget else {"unjudged": 1.0}

    def take_examples(self) -> list[dict[str, Any]]:
        return [{"asked": self.asked, "right": True}]


class ToyAsker(ToySlope):
    """A toy whose workflow asks an LLM."""

    provides: ClassVar[frozenset[str]] = frozenset({FEEDBACK})
    judged_by: ClassVar[str] = "asked"
    lower_is_better: ClassVar[bool] = False
    uses_llm: ClassVar[bool] = True
    unrecorded: ClassVar[frozenset[str]] = frozenset({"delay_s"})
    shorthands: ClassVar[dict[str, Any]] = {"word": {"both": ("one", "other")}}

    def __init__(self, word: str = "one", delay_s: float = 0.0) -> None:
        super().__init__(delay_s=delay_s)
        self.word = word

    def problem(self, seed: int) -> ToyAskingProblem:
        return ToyAskingProblem(self, seed)


class ToyTeller(Optimizer):
    """Needs words, and reads none."""

    needs: ClassVar[frozenset[str]] = frozenset({FEEDBACK})

    def step(self) -> dict[str, Any]:
        self.parameters[0].update(self.parameters[0].data + 1)
        return {"moved": True}


class ToyWalk(Optimizer):
    """Steps down by `rate`."""

    needs: ClassVar[frozenset[str]] = frozenset({SCORE})

    def __init__(self, parameters: Any, *, rate: Annotated[float, Gt(0)] = 1.0) -> None:
        super().__init__(parameters)
        self.rate = rate

    def step(self) -> dict[str, Any]:
        x = self.parameters[0]
        x.update(x.data - self.rate)
        return {"moved_by": -self.rate}


class ToyReader(Optimizer):
    """Asks an LLM for x."""

    needs: ClassVar[frozenset[str]] = frozenset({FEEDBACK})
    uses_llm: ClassVar[bool] = True
    schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {"x": {"type": "number", "minimum": 0, "maximum": 10}},
        "required": ["x"],
        "additionalProperties": False,
    }

    def __init__(self, parameters: Any, *, llm: Any) -> None:
        super().__init__(parameters)
        self.llm = llm

    @classmethod
    def for_problem(cls, problem: Problem, *, seed: int, llm: Any, **settings: Any) -> ToyReader:
        return cls(problem.parameters, llm=llm, **settings)

    def step(self) -> dict[str, Any]:
        prompt = f"{self.outcomes[-1].feedback}; a better x?"
        reply = self.llm.complete(Request((Message("user", prompt),), self.schema))
        x = float(json.loads(reply.text)["x"])
        self.parameters[0].update(x)
        return {"x": x}


class ToyQuitter(ToyWalk):
    """Owns its loop, and leaves it after three iterations."""

    def fit(self, problem: Problem, budget: int) -> Iterator[Step]:
        for iteration, step in enumerate(super().fit(problem, budget)):
            yield step
            if iteration == 2:
                return


POINTS = {
    "trace_bench.tasks": {"toy": "ToySlope", "toy_words": "ToyWords", "toy_asker": "ToyAsker"},
    "trace_bench.optimizers": {
        "toy_walk": "ToyWalk",
        "toy_reader": "ToyReader",
        "toy_teller": "ToyTeller",
        "toy_quitter": "ToyQuitter",
    },
}


def install(folder: Path) -> None:
    """Make `folder` look like a site-packages with this module in it."""
    info = folder / "toy_plugin-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / "toy_plugin.py").write_text(Path(__file__).read_text(encoding="utf-8"))
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-plugin\nVersion: 1.0\n")
    lines = [
        f"[{group}]" + os.linesep + os.linesep.join(f"{k} = toy_plugin:{v}" for k, v in p.items())
        for group, p in POINTS.items()
    ]
    (info / "entry_points.txt").write_text(os.linesep.join(lines) + os.linesep)
