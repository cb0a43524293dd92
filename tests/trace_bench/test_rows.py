import json
import math

import pytest

from trace_bench.rows import LLMUse, Row, read_rows, whole_lines
from trace_core import UserError, node
from trace_core.llm import Exchange, Message, Reply, Request, Usage
from trace_core.optimizers import Step
from trace_core.opto import Outcome


def row(iteration: int = 0, score: float | None = 1.0, **changes) -> Row:
    outcome = Outcome(node(1), "larger", score)
    return Row.of(Step(iteration, outcome, {"x": 1.0}, {"held_out": 2.0}), LLMUse()).model_copy(
        update=changes
    )


def test_a_row_has_the_promised_keys():
    assert list(json.loads(row().line())) == [
        "iteration",
        "score",
        "metrics",
        "feedback",
        "error",
        "parameters",
        "update",
        "llm",
        "seconds",
        "examples",
    ]


def test_rows_survive_the_file(tmp_path):
    rows = [row(0), row(1, None, error="(ValueError) no"), row(2, math.inf)]
    (tmp_path / "steps.jsonl").write_text("".join(r.line() for r in rows))
    assert read_rows(tmp_path / "steps.jsonl") == rows


def test_a_score_that_is_no_number_is_valid_json_and_survives(tmp_path):
    line = row(0, math.nan).line()
    assert json.loads(line, parse_constant=pytest.fail)["score"] == "NaN"
    (tmp_path / "steps.jsonl").write_text(line)
    assert math.isnan(read_rows(tmp_path / "steps.jsonl")[0].score)


def test_no_file_is_no_rows(tmp_path):
    assert read_rows(tmp_path / "steps.jsonl") == []


@pytest.mark.parametrize("cut", range(1, 40, 3))
def test_an_unterminated_last_line_is_left_out(tmp_path, cut):
    path = tmp_path / "steps.jsonl"
    path.write_text(row(0).line() + row(1).line()[:-cut])
    assert [r.iteration for r in read_rows(path)] == [0]
    assert len(whole_lines(path)) == 1


@pytest.mark.parametrize(
    "damage",
    ["\n", "{}\n", "[1]\n", "not json\n", '{"iteration": 0}\n', "\x00\x00\n", "\udcff\n"],
)
def test_any_other_damage_is_an_error_that_names_file_and_line(tmp_path, damage):
    path = tmp_path / "steps.jsonl"
    path.write_text(row(0).line() + damage + row(2).line(), errors="surrogateescape")
    with pytest.raises(UserError, match=r"steps\.jsonl, line 2 is damaged") as caught:
        read_rows(path)
    assert "\n" not in str(caught.value)


def test_a_missing_row_is_an_error(tmp_path):
    path = tmp_path / "steps.jsonl"
    path.write_text(row(0).line() + row(2).line())
    with pytest.raises(UserError, match="line 2 holds iteration 2"):
        read_rows(path)


def test_repetitions_are_compared_by_what_counts():
    assert row(seconds=1.0).differs(row(seconds=2.0)) is None
    assert row(score=math.nan).differs(row(score=math.nan)) is None
    assert row(score=1.0).differs(row(score=1.5)) == "score"
    assert row(feedback="a").differs(row(feedback="b")) == "feedback"
    assert row(parameters={"x": 1}).differs(row(parameters={"x": 2})) == "parameters"


def test_what_an_llm_was_asked_is_summed_and_kept():
    request = Request((Message("user", "a better x?"),))
    known = Exchange("k1", "openai/m", request, Reply("4", Usage(10, 2, 0.5), cached=True))
    unknown = Exchange("k2", "openai/m", request, Reply("5", Usage(None, 3, None)))
    use = LLMUse.of([known, unknown])
    assert (use.calls, use.cached, use.prompt_tokens, use.completion_tokens) == (2, 1, None, 5)
    assert use.usd is None
    assert use.exchanges[0]["request"]["messages"] == [{"role": "user", "content": "a better x?"}]
    assert use.exchanges[1]["reply"]["text"] == "5"
    assert LLMUse.of([]) == LLMUse()
