import json
import math
from pathlib import Path

import pytest

from trace_bench.record import SCHEMA, Ledger, Metrics, RunRecord, parse_record
from trace_bench.rows import LLMUse
from trace_core import UserError

from .test_rows import row


def record(**changes) -> RunRecord:
    values = {
        "schema": SCHEMA,
        "id": "toy-walk-s0-00000000",
        "status": "finished",
        "task": "toy",
        "optimizer": "walk",
        "llm": None,
        "mock": False,
        "seed": 0,
        "metric": "distance (toys)",
        "lower_is_better": True,
        "config": {
            "task": {"name": "toy"},
            "optimizer": {"name": "walk"},
            "llm": None,
            "seed": 0,
            "iterations": 2,
        },
        "versions": {"python": "3.11"},
        "git": None,
        "started": "2026-01-01T00:00:00+00:00",
    }
    return RunRecord.model_validate({**values, **changes})


def test_a_record_survives_the_file():
    one = record(metrics=Metrics(final=math.nan, best=1.0), ledger=Ledger(usd=None))
    again = parse_record(one.text(), Path("run.json"))
    assert math.isnan(again.metrics.final)
    assert again.model_dump_json() == one.model_dump_json()
    assert json.loads(one.text(), parse_constant=pytest.fail)["schema"] == SCHEMA


@pytest.mark.parametrize("schema", [SCHEMA + 1, 0, None, "one"])
def test_another_versions_record_is_one_line_that_says_so(schema):
    text = json.dumps({"schema": schema, "whatever": 1})
    with pytest.raises(UserError, match=r"x/run\.json was made by another version") as caught:
        parse_record(text, Path("x/run.json"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]x", json.dumps({"schema": SCHEMA, "id": 3})])
def test_a_damaged_record_is_one_line_that_says_so(text):
    with pytest.raises(UserError, match=r"x/run\.json is damaged") as caught:
        parse_record(text, Path("x/run.json"))
    assert "\n" not in str(caught.value)


def test_a_ledger_is_the_sum_of_its_rows():
    asked = LLMUse(calls=2, cached=1, prompt_tokens=10, completion_tokens=3, usd=0.5)
    ledger = Ledger.of([row(0, llm=asked, seconds=1.0), row(1, llm=asked, seconds=2.0)])
    assert ledger == Ledger(
        iterations=1,
        calls=4,
        cached=2,
        prompt_tokens=20,
        completion_tokens=6,
        usd=1.0,
        seconds=3.0,
    )


def test_one_unknown_price_makes_the_sum_unknown():
    ledger = Ledger.of([row(0, llm=LLMUse(usd=None)), row(1, llm=LLMUse(usd=1.0))])
    assert ledger.usd is None


def test_answers_from_a_record_count_as_long_as_they_were_waited_for():
    replies = [{"reply": {"seconds": s, "cached": c}} for s, c in ((2.5, True), (4.0, False))]
    assert LLMUse(calls=2, seconds=6.5, exchanges=replies).seconds_before() == 2.5
