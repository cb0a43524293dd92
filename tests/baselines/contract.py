"""What every optimizer promises: its test class inherits `OptimizerContract`."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.fresh_process import in_fresh_process
from tests.random_state import random_state_untouched
from trace_core.llm import LLM, Recorder
from trace_core.optimizers import Optimizer
from trace_core.opto import BOUNDS, FEEDBACK, GRADIENT, NUMBERS, SCORE, Outcome, Problem

from .slopes import Slopes, guarded

FIELDS = {FEEDBACK: "feedback", SCORE: "score", GRADIENT: "output_grad"}
Values = dict[str, Any]


class OptimizerContract:
    """Inherit and name the optimizer; one that asks an LLM gives a mocked one beside it.

    class TestOptoPrime(OptimizerContract):
        optimizer = OptoPrime
        settings = {"memory_size": 2}

        @classmethod
        def llm(cls): return MockLLM(seed=1)

    `llm` is asked for a new one with each optimizer, in this process and in others. It has to
    answer with values that the optimizer accepts: floats for `a` and `b` in -4..4.
    """

    optimizer: ClassVar[type[Optimizer]]
    settings: ClassVar[dict[str, Any]] = {}

    @classmethod
    def llm(cls) -> LLM | None:
        return None

    @classmethod
    def problem(cls, failing: tuple[int, ...] = ()) -> Problem:
        return Slopes(failing)

    @classmethod
    def make(cls, problem: Problem, seed: int) -> Optimizer:
        return cls.optimizer.for_problem(problem, seed=seed, llm=cls.llm(), **cls.settings)

    @classmethod
    def trajectory(cls, seed: int, steps: int = 5) -> list[Values]:
        """The parameters after each of some updates."""
        problem = cls.problem()
        return drive(cls.make(problem, seed), problem, steps)

    @classmethod
    def recorded(cls, record: str, steps: int) -> tuple[list[Values], int]:
        """A trajectory whose LLM answers are recorded, and how many of them were asked for now."""
        llm = cls.llm()
        if llm is None:
            return cls.trajectory(3, steps), 0
        with closing(Recorder(llm, Path(record), seed=3)) as recorder:
            problem = cls.problem()
            optimizer = cls.optimizer.for_problem(problem, seed=3, llm=recorder, **cls.settings)
            visited = drive(optimizer, problem, steps)
            return visited, recorder.ledger.calls - recorder.ledger.cached

    # Determinism

    def test_same_seed_same_proposals(self) -> None:
        assert self.trajectory(3) == self.trajectory(3)

    def test_rebuilt_from_a_record_in_another_process_it_goes_on_as_if_never_interrupted(
        self, tmp_path: Path
    ) -> None:
        """The same seed gives the same proposals there, and no answer is asked for twice."""
        record = str(tmp_path / "llm.jsonl")
        begun, asked = self.recorded(record, 2)
        whole, asked_anew = in_fresh_process(self.recorded, record, 5)
        unbroken, asked_in_all = self.recorded(str(tmp_path / "unbroken.jsonl"), 5)
        assert whole == unbroken
        assert begun == unbroken[:2]
        assert asked + asked_anew == asked_in_all

    def test_global_random_state_is_left_alone(self) -> None:
        self.trajectory(0, steps=1)  # whatever is imported late is imported now
        with random_state_untouched():
            self.trajectory(0)

    def test_the_same_outcomes_lead_to_the_same_continuation_whatever_else_runs(self) -> None:
        problem, stranger = self.problem(), self.problem()
        optimizer, other = self.make(problem, 3), self.make(stranger, 4)
        begun = drive(optimizer, problem, 2)
        drive(other, stranger, 3)
        assert begun + drive(optimizer, problem, 3) == self.trajectory(3)

    # The loop

    def test_it_changes_something(self) -> None:
        start = {p.base_name: p.data for p in self.problem().parameters}
        assert any(values != start for values in self.trajectory(0))

    def test_without_outcomes_nothing_changes(self) -> None:
        problem = self.problem()
        optimizer = self.make(problem, 0)
        assert _step(optimizer, problem) == {"a": 0.0, "b": 0.0}
        optimizer.backward(problem.oracle())
        optimizer.zero_feedback()
        assert _step(optimizer, problem) == {"a": 0.0, "b": 0.0}

    def test_a_step_without_outcomes_does_not_disturb_the_next(self) -> None:
        problem = self.problem()
        optimizer = self.make(problem, 3)
        optimizer.step()
        assert drive(optimizer, problem, 5) == self.trajectory(3)

    def test_several_outcomes_are_a_minibatch(self) -> None:
        problem = self.problem()
        optimizer = self.make(problem, 0)
        for _ in range(2):
            optimizer.backward(problem.oracle())
        assert set(_step(optimizer, problem)) == {"a", "b"}

    @pytest.mark.parametrize("failing", [(0,), (1, 2), (0, 1, 2, 3)])
    def test_a_failed_evaluation_is_not_fatal(self, failing: tuple[int, ...]) -> None:
        problem = self.problem(failing)
        optimizer = self.make(problem, 0)
        drive(optimizer, problem, 6)
        assert problem.oracle().error is None
        assert len(optimizer.log) == 6

    def test_a_step_is_described_as_json_and_kept(self) -> None:
        problem = self.problem(failing=(1,))
        optimizer = self.make(problem, 0)
        for _ in range(3):
            optimizer.zero_feedback()
            optimizer.backward(problem.oracle())
            entry = optimizer.step()
            assert json.loads(json.dumps(entry, allow_nan=False)) == optimizer.log[-1]

    def test_fit_runs_the_budget_and_starts_from_the_start(self) -> None:
        problem = self.problem()
        steps = list(self.make(problem, 3).fit(problem, budget=5))
        assert [step.iteration for step in steps] == list(range(len(steps)))
        visited = [step.parameters for step in steps]
        expected = [{"a": 0.0, "b": 0.0}, *self.trajectory(3)]
        assert visited == expected[: len(visited)]
        assert len(steps) == 6 or steps[-1].outcome.solved

    # What it may read and write

    def test_it_reads_only_what_it_declares(self) -> None:
        problem = self.problem()
        fields = [field for word, field in FIELDS.items() if word not in self.optimizer.needs]
        if not self.optimizer.needs & {BOUNDS, NUMBERS}:
            problem.bounds = _Untouchable()
        optimizer = self.make(problem, 3)
        visited = []
        for _ in range(5):
            optimizer.zero_feedback()
            optimizer.backward(guarded(problem.oracle(), fields))
            visited.append(_step(optimizer, problem))
        assert visited == self.trajectory(3)

    def test_parameters_keep_their_type(self) -> None:
        for values in self.trajectory(0):
            assert all(type(value) is float for value in values.values())

    def test_parameters_stay_within_the_bounds_it_asked_for(self) -> None:
        if not self.optimizer.needs & {BOUNDS, NUMBERS}:
            pytest.skip("takes no bounds")
        bounds = self.problem().bounds
        for values in self.trajectory(0, steps=20):
            assert all(bounds[k].low <= value <= bounds[k].high for k, value in values.items())

    def test_an_llm_is_asked_for_if_and_only_if_it_is_used(self) -> None:
        assert self.optimizer.uses_llm == (self.llm() is not None)


def drive(optimizer: Optimizer, problem: Problem, steps: int) -> list[Values]:
    """Run the loop and return the parameters after each update."""
    visited = []
    for _ in range(steps):
        outcome: Outcome = problem.oracle()
        optimizer.zero_feedback()
        optimizer.backward(outcome)
        visited.append(_step(optimizer, problem))
    return visited


def _step(optimizer: Optimizer, problem: Problem) -> Values:
    optimizer.step()
    return {p.base_name: p.data for p in problem.parameters}


class _Untouchable(dict[str, Any]):
    """Bounds that an optimizer has not asked for."""

    def _touched(self, *_: object) -> Any:
        raise AssertionError("reads bounds, which it has not declared")

    __getitem__ = __iter__ = __contains__ = __len__ = get = items = keys = values = _touched
