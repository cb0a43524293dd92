from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from tests.chat_server import json_answer, text
from tests.trace_core.llm.conftest import ask
from trace_core._errors import UserError
from trace_core.llm import Ledger, LimitReached, Limits, MockLLM, OpenAIClient, Recorder
from trace_core.llm._prices import Price, Usage, _prices, list_price

PRICES = {"usd_per_million": (100.0, 1000.0)}


def asked(recorder, n=20):
    """How many of `n` questions were answered, and why the others were not."""
    for i in range(n):
        try:
            recorder.complete(ask(f"question {i}"))
        except LimitReached as stop:
            return i, str(stop)
    return n, ""


@pytest.mark.parametrize(
    ("limits", "ledger", "told"),
    [
        (Limits(calls=3), Ledger(calls=3), "limits.calls=3 reached, with 3"),
        (Limits(tokens=30), Ledger(prompt_tokens=20, completion_tokens=11), "with 31"),
        (Limits(usd=0.5), Ledger(usd=0.625), "limits.usd=0.5 reached, with 0.625"),
        (Limits(seconds=2), Ledger(seconds=2.5), "limits.seconds=2 reached, with 2.5"),
        (Limits(calls=0), Ledger(), "limits.calls=0 reached"),
    ],
)
def test_a_limit_that_is_reached_says_so(limits, ledger, told):
    with pytest.raises(LimitReached, match=told):
        limits.check(ledger)


def test_below_its_limits_a_run_may_ask():
    ledger = Ledger(calls=2, prompt_tokens=9, completion_tokens=9, usd=None, seconds=1)
    Limits(calls=3, tokens=19, seconds=2).check(ledger)
    with pytest.raises(LimitReached):
        Limits(calls=3).check(ledger, under_way=1)


@pytest.mark.parametrize("limits", [Limits(calls=4), Limits(tokens=4 * 8), Limits(usd=0.0041)])
def test_no_call_is_made_beyond_a_limit(chat_server, connect, limits):
    chat_server.otherwise = text("one two three")  # 5 + 3 tokens
    with closing(Recorder(connect(**PRICES), limits=limits)) as recorder:
        made, why = asked(recorder)
    assert made == len(chat_server.requests)
    assert made == (2 if limits.usd else 4)  # 0.0035 USD each
    assert "reached" in why


def test_threads_together_keep_the_limit_of_calls(chat_server, connect):
    chat_server.latency_s = 0.05

    def one(i):
        try:
            return recorder.complete(ask(str(i)))
        except LimitReached:
            return None

    with closing(Recorder(connect(), limits=Limits(calls=5))) as recorder:
        with ThreadPoolExecutor(12) as pool:
            replies = list(pool.map(one, range(12)))
        assert sum(reply is not None for reply in replies) == 5 == recorder.ledger.calls
    assert len(chat_server.requests) == 5


def test_a_resumed_run_goes_on_to_a_larger_limit(chat_server, connect, tmp_path):
    for calls in (3, 3, 7):
        with closing(
            Recorder(connect(), tmp_path / "llm.jsonl", limits=Limits(calls=calls))
        ) as recorder:
            assert asked(recorder)[0] == calls
        assert len(chat_server.requests) == calls


def test_a_refused_call_uses_up_no_draw(tmp_path):
    with closing(Recorder(MockLLM(), limits=Limits(calls=1))) as recorder:
        recorder.complete(ask("a"))
        for _ in range(3):
            with pytest.raises(LimitReached):
                recorder.complete(ask("a"))
        recorder._limits = Limits()
        recorder.complete(ask("a"))
        assert [exchange.request.draw for exchange in recorder.take()] == [0, 1]


def test_money_cannot_be_limited_where_no_price_is_known(chat_server, connect):
    with pytest.raises(UserError, match="no price of this LLM is known.*usd_per_million"):
        Recorder(connect(model="my-own"), limits=Limits(usd=1))
    assert not chat_server.requests


def test_tokens_cannot_be_limited_where_nobody_counts_them(chat_server, connect):
    chat_server.otherwise = json_answer(200, {"choices": [{"message": {"content": "hm"}}]})
    with closing(Recorder(connect(), limits=Limits(tokens=10))) as recorder:
        recorder.complete(ask("a"))
        with pytest.raises(UserError, match="the server counts none: limit calls"):
            recorder.complete(ask("b"))


def test_the_cost_is_that_of_the_servers_own_count(chat_server, connect):
    with closing(Recorder(connect(**PRICES))) as recorder:
        asked(recorder, 5)
        prompt, written = chat_server.prompt_tokens, chat_server.completion_tokens
        assert recorder.ledger.usd == pytest.approx((prompt * 100 + written * 1000) / 1e6)
        assert recorder.is_priced


def test_a_price_belongs_to_a_server():
    assert list_price("https://api.openai.com", "gpt-4-0125-preview") == Price(10, 30)
    assert list_price("http://127.0.0.1:8000", "gpt-4-0125-preview") is None
    assert list_price("https://api.openai.com", "gpt-4-0125-previe") is None


def test_unknown_tokens_have_no_price():
    assert Price(1, 1).usd(Usage(None, 3)) is None
    assert Price(2, 4).usd(Usage(500_000, 250_000)) == 2.0


def test_every_price_says_where_and_when_it_was_looked_up():
    import csv
    from importlib import resources

    text = resources.files("trace_core.llm").joinpath("prices.csv").read_text()
    rows = list(csv.DictReader(text.splitlines()))
    assert len(rows) == len(_prices()) > 10
    for row in rows:
        assert row["source"].startswith("https://") and row["looked_up"] >= "2026"
        assert 0 < float(row["usd_per_million_prompt"]) <= float(row["usd_per_million_completion"])


def test_openai_itself_is_priced_by_the_list(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none-at-all")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    assert OpenAIClient(model="gpt-4o-mini").is_priced
    assert not OpenAIClient(model="gpt-of-tomorrow").is_priced


def test_offline_only_the_record_answers(chat_server, connect, tmp_path):
    path = tmp_path / "llm.jsonl"
    with closing(Recorder(connect(), path)) as recorder:
        first = recorder.complete(ask("a")).text
    with closing(Recorder(connect(), path, offline=True)) as recorder:
        assert recorder.complete(ask("a")).text == first
        with pytest.raises(UserError, match="^Offline.*openai/.*llm=replay") as caught:
            recorder.complete(ask("b"))
    assert "\n" not in str(caught.value)
    assert len(chat_server.requests) == 1


def test_a_mock_may_answer_offline():
    with closing(Recorder(MockLLM(replies=["yes"]), offline=True)) as recorder:
        assert recorder.complete(ask()).text == "yes"


def test_a_resumed_run_keeps_its_limit_whichever_question_comes_first(tmp_path):
    path = tmp_path / "llm.jsonl"
    for stops, question in [(False, "a"), (False, "b"), (True, "c"), (True, "d")]:
        with closing(Recorder(MockLLM(), path, limits=Limits(calls=2))) as recorder:
            if not stops:
                recorder.complete(ask(question))
                continue
            with pytest.raises(LimitReached, match="with 2"):
                recorder.complete(ask(question))
            assert [recorder.complete(ask(q)).cached for q in "ab"] == [True, True]
    assert len(path.read_text().splitlines()) == 2
