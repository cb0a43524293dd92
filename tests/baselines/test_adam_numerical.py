"""The paper's "Torch + Adam" runs on tensors; ours on gradients of the trace: the same thing."""

import pytest
import torch

from trace_bench.baselines.adam import Adam
from trace_bench.tasks.numerical import Numerical

from .contract import drive


@pytest.mark.parametrize("trial", range(6))
def test_adam_on_the_trace_is_adam_on_tensors(trial: int) -> None:
    task = Numerical()
    problem, graph = task.problem(trial), task.trial(trial).graph
    target = graph.evaluate(task.trial(trial).solution)
    visited = drive(Adam(problem.parameters, lr=0.1), problem, 15)

    x = torch.tensor(task.start, dtype=torch.float64, requires_grad=True)
    reference = torch.optim.Adam([x], lr=0.1)
    for values in visited:
        reference.zero_grad()
        (graph.evaluate(x) - target).abs().backward()
        reference.step()
        assert values["input_x"] == pytest.approx(x.item(), rel=1e-9)
