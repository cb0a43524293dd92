import io
import json
import math

from rich.console import Console

from trace_bench.record import Ledger, Metrics
from trace_bench.summary import show, summarize

from .test_groups import config
from .test_record import record


def runs(n: int, **changes):
    return [
        record(
            seed=s,
            config=config(s),
            metrics=Metrics(final=float(s)),
            ledger=Ledger(prompt_tokens=10, completion_tokens=1, seconds=2.0),
            **changes,
        )
        for s in range(n)
    ]


def shown(records) -> str:
    console = Console(file=io.StringIO(), width=160, highlight=False)
    show(summarize(records), console)
    return console.file.getvalue()


def test_a_line_has_every_statistic_with_its_interval():
    (line,) = summarize(runs(9))
    assert (line.runs, line.finished, line.failed, line.seconds) == (9, 9, 0, 18.0)
    assert {k: e.value for k, e in line.estimates.items()} == {"mean": 4, "median": 4, "iqm": 4}
    assert all(e.low < e.value < e.high for e in line.estimates.values())
    assert (line.prompt_tokens, line.completion_tokens) == (90, 9)


def test_the_table_names_task_metric_and_method():
    text = shown(runs(9))
    assert "toy: distance (toys), after the last update" in text
    assert "95 % bootstrap interval over seeds" in text
    assert "Fewer than" not in text
    assert "mock" not in text


def test_few_runs_are_said_to_be_few():
    assert "Fewer than 5 runs: no interval." in shown(runs(3))
    assert "[" not in shown(runs(3)).replace("In brackets", "")


def test_a_mock_is_labelled_and_explained():
    text = shown(runs(3, llm="mock", mock=True))
    assert "walk (mock LLM, not a model)" in text
    assert "no model's result" in text
    assert "33" in text  # tokens


def test_failed_and_unfinished_runs_are_counted_and_not_averaged():
    broken = [
        record(seed=10 + i, config=config(10 + i), status=s)
        for i, s in enumerate(["failed", "failed", "interrupted", "running"])
    ]
    (line,) = summarize([*runs(5), *broken])
    assert (line.runs, line.finished, line.failed) == (9, 5, 2)
    text = shown([*runs(5), *broken])
    assert "2 failed" in text
    assert "2 unfinished" in text


def test_runs_without_a_score_are_counted():
    scoreless = record(seed=9, config=config(9), metrics=Metrics())
    assert summarize([*runs(5), scoreless])[0].unscored == 1
    assert "1 without a score" in shown([*runs(5), scoreless])
    assert summarize([scoreless])[0].estimates["median"].value == math.inf
    assert "inf" in shown([scoreless])


def test_unknown_tokens_are_not_zero():
    unknown = record(llm="openai/m", ledger=Ledger(prompt_tokens=None))
    assert summarize([unknown])[0].prompt_tokens is None
    assert "unknown" in shown([unknown])


def test_a_line_is_json_data():
    (line,) = summarize([record(metrics=Metrics(final=float("inf")))])
    assert json.dumps(line.as_json(), allow_nan=False)


def test_solved_runs_are_counted_with_the_iteration_at_which_they_were():
    solved = [
        record(seed=s, config=config(s), metrics=Metrics(final=0.0, solved_at=s)) for s in (2, 5)
    ]
    (line,) = summarize([*solved, record(seed=9, config=config(9), metrics=Metrics(final=1.0))])
    assert (line.solved, line.solved_at) == (2, 3.5)
    assert "at 3.5" in shown(solved)
    assert "solved" not in shown(runs(3))
