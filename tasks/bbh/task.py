"""The task: which subset, from which template, and how it is split."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar

from annotated_types import Ge

from trace_core import UserError
from trace_core.opto import DSPY, FEEDBACK, Problem, Task

from . import data, subsets
from .example import Example, Split
from .generated import generate
from .problem import METRIC, BBHProblem

STREAM = 0xBB4
"""Sets the task's random streams apart from those of optimizers with the same seed."""
IMPORTS = (
    "collections", "copy", "datetime", "functools", "itertools", "json", "math", "numpy",
    "operator", "random", "re", "statistics", "string", "typing",
)  # fmt: skip
AMOUNT = 250
"""Examples of a generated subset, as most published files have."""


class BBH(Task):
    """Learn the prompt and the code of a workflow on BIG-Bench Hard (§5.3, App. H.4; Table 1).

    Args:
        subset: one of the 27 files; "nlp", "algorithmic", "all" and "generated" stand for several;
            "generated/NAME" for problems that are made up.
        cot: whether the first template, and DSPy's program, ask for a chain of thought.
        train: examples to learn from, one an iteration.
        validation: examples that choose among the workflows learnt.
        examples: how many there are in all, the rest after `train` and `validation` being the test;
            None: all of a file, 250 of a generated subset.
        max_tokens: length of a reply to the workflow.
        max_connections: examples that are answered at the same time.
        data_dir: folder of the files; None: that in TRACE_BENCH_BBH, else the user's cache.
        imports: modules that the workflow's code may import.
    """

    version: ClassVar[int] = 2
    metric: ClassVar[str] = "test accuracy (%)"
    lower_metrics: ClassVar[frozenset[str]] = frozenset({"test_failed", "test_empty_replies"})
    worst_score: ClassVar[float | None] = 0.0
    judged_by: ClassVar[str | None] = METRIC
    lower_is_better: ClassVar[bool] = False
    provides: ClassVar[frozenset[str]] = frozenset({FEEDBACK, DSPY})
    runs_code: ClassVar[bool] = True
    uses_llm: ClassVar[bool] = True
    cpu_bound: ClassVar[bool] = False
    unrecorded: ClassVar[frozenset[str]] = frozenset({"data_dir", "max_connections"})
    shorthands: ClassVar[Mapping[str, Mapping[str, Sequence[Any]]]] = {"subset": subsets.GROUPS}

    def __init__(
        self,
        *,
        subset: str = "object_counting",
        cot: bool = False,
        train: Annotated[int, Ge(1)] = 15,
        validation: Annotated[int, Ge(1)] = 5,
        examples: Annotated[int, Ge(3)] | None = None,
        max_tokens: Annotated[int, Ge(1)] = 1024,
        max_connections: Annotated[int, Ge(1)] = 16,
        data_dir: str | None = None,
        imports: Sequence[str] = IMPORTS,
    ) -> None:
        subsets.require_known(subset)
        if examples is not None and examples <= train + validation:
            raise UserError(
                f"task.examples={examples} leaves none for the test after {train} to learn from "
                f"and {validation} to choose by: raise it."
            )
        self.subset, self.cot = subset, cot
        self.train, self.validation, self.examples = train, validation, examples
        self.max_tokens, self.max_connections = max_tokens, max_connections
        self.data_dir = data_dir
        self.imports = tuple(imports)
        # After the last example an update could neither be validated nor tested: none is made.
        self.iterations = train - 1  # type: ignore[misc]

    def problem(self, seed: int) -> BBHProblem:
        """Trial 0 has the paper's split, the first 15 and 5 of the file; others a shuffled one.

        Raises:
            UserError: there is no such trial, or its data are not here.
        """
        if seed < 0:
            raise UserError(f"seed={seed} is no trial: they are numbered from 0.")
        return BBHProblem(
            self._split(seed),
            cot=self.cot,
            connections=self.max_connections,
            max_tokens=self.max_tokens,
        )

    @classmethod
    def fetch(cls, source: str | None, tell: Callable[[str], None]) -> Path:
        """Download the 27 files into the user's cache, or the folder in TRACE_BENCH_BBH."""
        where = data.folder(None)
        data.fetch(where, source, tell)
        return where

    def calibrate(self, problem: Problem, score: float) -> float:
        """0 = no answer is right, 1 = all are."""
        return score / 100

    def _split(self, seed: int) -> Split:
        found = tuple(self._drawn(seed))
        if self.examples is not None and self.examples > len(found):
            raise UserError(
                f"task.examples={self.examples}, but {self.subset} has {len(found)} examples."
            )
        found = found[: self.examples]
        first, second = self.train, self.train + self.validation
        if len(found) <= second:
            raise UserError(
                f"{self.subset} has {len(found)} examples, which leaves none for the test after "
                f"task.train={self.train} and task.validation={self.validation}."
            )
        return Split(found[:first], found[first:second], found[second:])

    def _drawn(self, seed: int) -> list[Example]:
        import numpy as np

        rng = np.random.default_rng((seed, STREAM))
        kind = self.subset.removeprefix(subsets.GENERATED)
        if kind != self.subset:
            pairs = generate(kind, self.examples or AMOUNT, rng)
            return [Example(i, question, target) for i, (question, target) in enumerate(pairs)]
        listed = data.read(data.files()[self.subset], data.folder(self.data_dir))
        return listed if seed == 0 else [listed[int(i)] for i in rng.permutation(len(listed))]
