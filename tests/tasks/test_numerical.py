import math

import pytest
import yaml

from tests.fresh_process import ROOT
from trace_bench.tasks.numerical import Numerical
from trace_bench.tasks.numerical.problem import NumericalProblem
from trace_core import UserError
from trace_core.opto import Problem

from .contract import TaskContract

CONFIG = yaml.safe_load((ROOT / "conf/task/numerical.yaml").read_text())
SETTINGS = {k: v for k, v in CONFIG.items() if k not in ("name", "kind", "description")}
FROZEN = SETTINGS["seeds"]


def published(**changes: object) -> Numerical:
    return Numerical(**(SETTINGS | changes))


class TestNumerical(TaskContract):
    @classmethod
    def task(cls) -> Numerical:
        return published()

    def solve(self, problem: Problem) -> None:
        problem.parameters[0].update(problem._trial.solution)

    def sabotage(self, problem: Problem) -> None:
        problem.parameters[0].update("not a number")


class TestWithLogic(TestNumerical):
    beyond = None

    @classmethod
    def task(cls) -> Numerical:
        return published(logic=True, chain_length=12, seeds=None)


def test_the_frozen_list_is_what_the_rule_gives() -> None:
    by_rule = list(published().family.admitted(below=FROZEN[-1] + 1))
    assert by_rule == FROZEN
    assert len(FROZEN) == 30


def test_null_applies_the_same_rule() -> None:
    free, frozen = published(seeds=None), published()
    for trial in (0, 3, 29):
        assert free.problem(trial)._trial == frozen.problem(trial)._trial
    assert free.problem(30)._trial not in {frozen.problem(i)._trial for i in range(30)}


def test_the_configuration_states_the_defaults() -> None:
    assert vars(Numerical(seeds=FROZEN)) == vars(published())


def test_frozen_seeds_under_other_settings_are_refused_before_any_trial() -> None:
    with pytest.raises(UserError, match="task.seeds=null"):
        published(chain_length=9).problem(0)
    published(chain_length=9, seeds=None).problem(0)


def test_a_search_for_trials_that_cannot_exist_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trace_bench.tasks.numerical.task.SAMPLER_SEEDS_TRIED", 50)
    with pytest.raises(UserError, match="first 50 sampler seeds"):
        published(seeds=None, tolerance=30.0).problem(0)


def test_every_frozen_trial_starts_unsolved_and_is_solvable() -> None:
    task = published()
    for trial in range(len(FROZEN)):
        problem = task.problem(trial)
        score = problem.oracle().score
        assert score is not None and 1e-3 < score < 30
        assert task.calibrate(problem, score) == 0
        problem.parameters[0].update(problem._trial.solution)
        assert problem.oracle().feedback == "Success."


@pytest.fixture
def problem() -> NumericalProblem:
    return published().problem(0)


def test_feedback_points_to_the_target(problem: NumericalProblem) -> None:
    outcome = problem.oracle()
    y, target = outcome.output.data, problem._target
    word, sign = ("larger", -1.0) if y < target else ("smaller", 1.0)
    assert outcome.feedback == f"The output {y:.6g} needs to be {word}."
    assert outcome.output_grad == sign
    assert outcome.score == abs(y - target)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 10**400, 1e308, "1", None, [1]])
def test_what_cannot_be_computed_is_a_failure(value: object) -> None:
    for trial in range(5):
        problem = published().problem(trial)
        problem.parameters[0].update(value)
        outcome = problem.oracle()
        if outcome.error is None:  # the graph may lead back into the numbers, as 3 / inf does
            assert math.isfinite(outcome.output.data)
            assert math.isfinite(outcome.score)
        else:
            assert outcome.score is None and outcome.output_grad is None
            assert outcome.feedback == outcome.error


def test_an_infinite_output_is_a_failure_that_leads_back_to_the_parameter() -> None:
    outcomes = []
    for trial in range(30):
        problem = published().problem(trial)
        problem.parameters[0].update(math.inf)
        outcomes.append((problem, problem.oracle()))
    failed = [(p, o) for p, o in outcomes if o.error]
    assert failed
    for problem, outcome in failed:
        assert outcome.error == "(OverflowError) the output is not a finite number"
        assert problem.parameters[0] in outcome.output.parameter_dependencies


def test_constants_keep_their_names_from_one_iteration_to_the_next(
    problem: NumericalProblem,
) -> None:
    def constants() -> set[str]:
        stack, found = [problem.oracle().output], set()
        while stack:
            node = stack.pop()
            stack.extend(node.parents)
            if node.base_name == "constant":
                found.add(node.name)
        return found

    assert constants() == constants() != set()
