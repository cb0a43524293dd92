import sys

import pytest

from trace_bench.baselines.grid import Grid
from trace_bench.tasks import pipeline
from trace_bench.tasks.pipeline import Pipeline
from trace_core import MessageNode, UserError
from trace_core.opto import Problem

from .contract import TaskContract

pytest.importorskip("sklearn")


class TestPipeline(TaskContract):
    beyond = None

    @classmethod
    def task(cls) -> Pipeline:
        return Pipeline()

    def solve(self, problem: Problem) -> None:
        """Look for it as `optimum` does."""
        components, neighbors = problem.parameters
        for number in range(1, 11):
            for k in range(1, 31):
                components.update(number)
                neighbors.update(k)
                if problem.oracle().solved:
                    return
        raise AssertionError("the documented optimum is not attained")

    def sabotage(self, problem: Problem) -> None:
        problem.parameters[0].update(0)


def test_the_trace_is_the_stages_of_the_pipeline() -> None:
    stages, node = [], Pipeline().problem(0).oracle().output
    while isinstance(node, MessageNode):
        stages.append(node.operator.name)
        node = node.inputs["data"]
    assert stages == ["classify", "project", "scale"]


def test_the_reference_optimizer_reaches_the_optimum() -> None:
    problem = Pipeline().problem(0)
    *_, last = Grid(problem.parameters, problem.bounds, points=30).fit(problem, 300)
    assert last.outcome.solved and last.outcome.score == problem.optimum < 5
    assert last.metrics["test_error_percent"] < 15


@pytest.mark.parametrize("value", [0, 11, 2.0, True, "3", None])
def test_a_setting_that_is_not_allowed_is_feedback(value: object) -> None:
    problem = Pipeline().problem(0)
    problem.parameters[0].update(value)
    assert "components must be a whole number from 1 to 10" in problem.oracle().feedback
    assert problem.evaluate() == {"test_error_percent": 100.0}


def test_without_scikit_learn_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    pipeline._split.cache_clear()
    with pytest.raises(UserError, match=r"trace-bench\[small\]"):
        Pipeline().problem(0)
