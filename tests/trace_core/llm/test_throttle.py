from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.chat_server import text
from tests.trace_core.llm.conftest import ask
from trace_core.llm._protocol import Reply, Usage
from trace_core.llm._throttle import Call, Rates, Throttle, throttle_for


def throttle(calls=(), under_way=0, **rates):
    """One that has seen calls: (seconds at which they began, tokens)."""
    made = Throttle(Rates(**rates))
    made._recent.extend(Call(*call) for call in calls)
    made._under_way = under_way
    return made


@pytest.mark.parametrize(
    ("rates", "calls", "pause"),
    [
        ({}, [(0, 10**9)] * 1000, 0),
        ({"requests_per_minute": 2}, [(5, 1)], 0),
        ({"requests_per_minute": 2}, [(5, 1), (8, 1)], 55),
        ({"requests_per_minute": 2}, [(-51, 1), (8, 1)], 0),
        ({"tokens_per_minute": 100}, [(5, 40), (8, 40)], 0),
        ({"tokens_per_minute": 100}, [(5, 40), (8, 41)], 55),
        ({"tokens_per_minute": 10}, [], 0),
    ],
)
def test_a_call_begins_as_soon_as_the_last_minute_allows(rates, calls, pause):
    assert throttle(calls, **rates).pause_s(10.0, tokens=20) == pause


def test_calls_under_way_are_limited():
    assert throttle(under_way=2, concurrency=3).pause_s(0, 1) == 0
    assert throttle(under_way=3, concurrency=3).pause_s(0, 1) > 0


def test_what_the_server_counted_replaces_the_estimate():
    made = throttle(tokens_per_minute=10**6)
    with made.turn(ask("x" * 400)) as call:
        assert 100 <= call.tokens < 110
        made.count(call, Reply("", Usage(7, 5)))
    assert call.tokens == 12
    with made.turn(ask("x" * 400)) as call:
        made.count(call, Reply("", Usage(None, 5)))
    assert call.tokens > 100


def test_equal_rates_at_one_server_are_one_throttle():
    one = throttle_for("http://h:1", "m", Rates(3))
    assert throttle_for("http://h:1", "m", Rates(3)) is one
    assert throttle_for("http://h:2", "m", Rates(3)) is not one


def test_clients_together_keep_the_limit_of_concurrent_calls(chat_server, connect):
    most, now, lock = 0, 0, threading.Lock()

    def watch(change):
        nonlocal most, now
        with lock:
            now += change
            most = max(most, now)

    chat_server.latency_s = 0.03
    clients = [connect(concurrency=3) for _ in range(12)]
    for client in clients:
        post = client._endpoint().post
        client._endpoint().post = lambda body, post=post: (watch(1), post(body), watch(-1))[1]
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda client: client.complete(ask()), clients))
    assert most == 3
    assert len(chat_server.requests) == 12


def test_a_failed_call_gives_its_turn_back(chat_server, connect):
    chat_server.script = [text(None)] + [text("a")]
    client = connect(concurrency=1)
    client.complete(ask())
    with pytest.raises(ValueError, match="mine"), throttle(concurrency=1).turn(ask()):
        raise ValueError("mine")
    assert client.complete(ask()).text == "a"
