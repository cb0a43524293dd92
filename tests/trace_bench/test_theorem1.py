"""The measuring experiment of Theorem 1: that it measures the right things."""

import csv
import io
import sys

import pytest
from hypothesis import given, settings
from rich.console import Console

import trace_core
from tests.trace_core.test_propagate import graphs
from trace_bench.programs import propagation_graphs, theorem1
from trace_bench.programs.priority_queue import backward
from trace_bench.programs.propagation_graphs import cost, layered, published
from trace_bench.programs.theorem1 import Effort, Measured, exponents, measure, methods
from trace_bench.reproduce import reproduce
from trace_core import ParameterNode, UserError, minimal_subgraph


@given(graphs())
@settings(max_examples=100)
def test_the_papers_algorithm_gives_what_ours_gives(nodes):
    output = nodes[-1]
    output.backward("better")
    printed = backward(output)
    for parameter in (n for n in nodes if isinstance(n, ParameterNode)):
        views = [view for several in parameter.feedback.values() for view in several]
        ours = {node for view in views for node in view.nodes}
        assert {node for _, node in printed.get(parameter, [])} == ours


@pytest.mark.parametrize(("nodes", "width"), [(50, 1), (100, 2), (101, 7)])
def test_the_graphs_have_the_nodes_and_the_degree_that_are_said(nodes, width):
    parameter, output = layered(trace_core, nodes, width)
    found = minimal_subgraph([output])
    assert found[0] is parameter
    assert nodes - width < len(found) <= nodes
    assert max(len(node.parents) for node in found) == width


def test_the_cost_of_memory_is_what_a_call_keeps():
    seconds, size = cost(lambda: None, lambda made: bytearray(10**6))
    assert seconds >= 0
    assert 10**6 <= size < 2 * 10**6


def test_a_library_is_measured_by_its_name_as_in_another_environment():
    seconds, size = published(50, 2, "trace_core")
    assert seconds > 0 and size > 0


def test_a_method_that_takes_too_long_is_not_tried_on_larger_graphs():
    def slow(nodes, width):
        return (2.0 if nodes >= 10 else 0.5), 1

    effort = Effort([1, 10, 100], [1, 2], 5, limit_s=1.0)
    found = list(measure(effort, {"slow": slow}))
    assert [(m.sweep, m.nodes, m.width) for m in found] == [
        ("N", 1, 2), ("N", 10, 2), ("W", 5, 1), ("W", 5, 2),
    ]  # fmt: skip


def test_exponents_are_slopes_from_the_size_on_where_constants_do_not_count():
    sizes = [100, 1000, 10_000, 100_000]
    points = [Measured("m", "N", n, 2, max(n, 900) ** 2.0, 3 * n) for n in sizes]
    found = exponents(points)
    assert found["m", "N", "seconds"] == pytest.approx(2)
    assert found["m", "N", "bytes"] == pytest.approx(1)


def test_the_experiment_measures_draws_and_tabulates(tmp_path, monkeypatch):
    monkeypatch.setattr(propagation_graphs, "ENOUGH_S", 1e-9)
    tiny = Effort([20, 40, 80], [1, 2], 30, limit_s=1.0)
    monkeypatch.setitem(theorem1.EFFORTS, "smoke", tiny)
    monkeypatch.delenv(theorem1.OTHER_PYTHON, raising=False)
    console = Console(file=io.StringIO(), width=200)
    (done,) = reproduce(
        ["theorem1_propagation"], "smoke", None, [], tmp_path, tmp_path / "f", console
    )
    assert {p.suffix for p in done.files} == {".csv", ".md", ".png", ".svg", ".pdf"}
    table = list(csv.DictReader((tmp_path / "f/theorem1_propagation.csv").read_text().splitlines()))
    assert {line["method"] for line in table} == set(methods())
    assert len(table) == 3 * (3 + 2)
    assert "minimal subgraph (trace_core): N = 80, W = 2" in console.file.getvalue()
    assert "| minimal subgraph" in (tmp_path / "f/theorem1_propagation.md").read_text()


@pytest.mark.parametrize(
    ("python", "reason"), [("/nowhere/python", "cannot be run"), (sys.executable, "opto")]
)
def test_an_interpreter_without_the_library_is_one_line(monkeypatch, python, reason):
    monkeypatch.setenv(theorem1.OTHER_PYTHON, python)
    with pytest.raises(UserError, match=reason) as caught:
        methods()[theorem1.PUBLISHED](10, 2)
    assert "\n" not in str(caught.value)
