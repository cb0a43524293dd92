from __future__ import annotations

from trace_core.llm import Ledger


def test_the_empty_ledger_changes_nothing():
    ledger = Ledger(3, 1, 2, 40, 5, 0.25, 1.5)
    assert ledger + Ledger() == Ledger() + ledger == ledger


def test_an_unknown_part_makes_the_sum_unknown():
    total = Ledger(calls=1, usd=None, prompt_tokens=None) + Ledger(calls=1, usd=1.0)
    assert (total.calls, total.usd, total.prompt_tokens, total.completion_tokens) == (
        2,
        None,
        None,
        0,
    )


def test_it_is_plain_data():
    assert Ledger(calls=1).as_json() == {
        "calls": 1,
        "cached": 0,
        "retries": 0,
        "drifted": 0,
        "prompt_tokens": 0,
        "completion_tokens": 0,
        "usd": 0.0,
        "seconds": 0.0,
    }
