"""Traces made once more from what a run recorded."""

import json

import pytest

from trace_bench.graph import retraced, run_of, write_graph
from trace_bench.plan import plan
from trace_bench.runner import execute
from trace_bench.store import RunFolder
from trace_core import UserError


def made(tmp_path, *words):
    (run,) = plan(list(words))
    folder = RunFolder(tmp_path / "runs" / run.id)
    execute(run, folder, lambda row: None)
    return folder


def looked_at(folder, step):
    before = {path.name: path.read_bytes() for path in folder.path.iterdir()}
    found = retraced(folder.record(), folder, step)
    assert {path.name: path.read_bytes() for path in folder.path.iterdir()} == before
    return found


RUNS = [
    ("task=numerical", "optimizer=adam", "iterations=4"),
    ("task=numerical", "optimizer=optoprime", "llm=mock", "iterations=3"),
    ("task=mlp", "optimizer=gradient_descent", "iterations=3"),
    ("task=constraints", "optimizer=random_search", "iterations=3"),
    ("task=debugging", "optimizer=mutation_repair", "iterations=3"),
    ("task=mdp", "optimizer=policy_iteration", "iterations=2"),
    ("task=battleship_demo", "optimizer=hunt_target", "task.boards=1", "iterations=3"),
]


@pytest.mark.parametrize("words", RUNS, ids=[" ".join(words[:2]) for words in RUNS])
def test_a_step_is_traced_again_as_it_was(words, tmp_path):
    folder = made(tmp_path, *words)
    row = folder.rows()[-1]
    step = looked_at(folder, row.iteration)
    assert (step.outcome.feedback, step.outcome.error) == (row.feedback, row.error)


def test_parameters_are_drawn_as_they_were_evaluated(tmp_path):
    folder = made(tmp_path, "task=numerical", "optimizer=adam", "iterations=4")
    for row in folder.rows():
        output = looked_at(folder, row.iteration).outcome.output
        (x,) = output.parameter_dependencies
        assert x.data == row.parameters["input_x"]


def test_the_picture_is_written_in_both_languages(tmp_path):
    folder = made(tmp_path, "task=binary_digits", "optimizer=subgraph_search", "iterations=2")
    paths = write_graph("binary", 1, tmp_path / "runs", tmp_path / "new", limit=50)
    svg, mermaid = (path.read_text() for path in paths)
    assert [path.name for path in paths] == [
        f"{folder.path.name}-step1.svg",
        f"{folder.path.name}-step1.mmd",
    ]
    for text in (svg, mermaid):
        assert "Feedback to check" in text and "number0" in text
    assert svg.startswith("<svg") and mermaid.splitlines()[3] == "flowchart TB"


def test_an_answer_is_read_from_the_record_and_the_server_is_not_asked(tmp_path, chat_server):
    folder = made(tmp_path, "task=constraints", "optimizer=optoprime", "llm=openai", "iterations=1")
    asked = len(chat_server.requests)
    assert asked == 1
    looked_at(folder, 1)
    assert len(chat_server.requests) == asked


def test_a_missing_answer_is_one_line(tmp_path, chat_server):
    folder = made(tmp_path, "task=constraints", "optimizer=optoprime", "llm=openai", "iterations=1")
    (folder.path / "llm.jsonl").unlink()
    with pytest.raises(UserError, match="not in the run's llm.jsonl") as caught:
        retraced(folder.record(), folder, 1)
    assert "\n" not in str(caught.value)
    assert len(chat_server.requests) == 1


def test_a_run_of_another_version_is_one_line(tmp_path):
    folder = made(tmp_path, "task=numerical", "optimizer=random_search", "iterations=1")
    record = folder.record()
    assert run_of(record, folder).id == record.id
    record.config["task"]["version"] = 99
    with pytest.raises(UserError, match="another version"):
        run_of(record, folder)


def test_a_step_that_comes_out_differently_is_one_line(tmp_path):
    folder = made(tmp_path, "task=numerical", "optimizer=random_search", "iterations=2")
    path = folder.path / "steps.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[1]["feedback"] = "Something else."
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    retraced(folder.record(), folder, 0)
    with pytest.raises(UserError, match="feedback='Something else.'"):
        retraced(folder.record(), folder, 1)


def test_a_step_that_was_not_made_is_one_line(tmp_path):
    made(tmp_path, "task=numerical", "optimizer=random_search", "iterations=1")
    with pytest.raises(UserError, match="has no step 7; it has 0 to 1"):
        write_graph("numerical", 7, tmp_path / "runs", tmp_path, limit=50)


def test_the_command_draws(shell):
    shell("run", "task=numerical", "optimizer=random_search", "iterations=1")
    done = shell("graph", "numerical", "--step", "1", "--json")
    assert [path.rpartition(".")[2] for path in done.data] == ["svg", "mmd"]
    assert shell("graph", "numercal").one_line().endswith("Give its folder, or --out DIR.")


def test_a_replayed_run_is_traced_again_wherever_it_was_recorded(tmp_path):
    words = ("task=numerical", "optimizer=optoprime", "llm=replay", "seed=0", "iterations=10")
    found = looked_at(made(tmp_path, *words), 1)
    assert found.iteration == 1
    assert found.update["suggestion"]
