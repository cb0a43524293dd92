"""Who asks at the same time draws from a stream of its own."""

import json
import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from tests.trace_core.llm.conftest import ask
from trace_core.llm import MockLLM, Recorder, stream


class Shuffled(MockLLM):
    """Answers in an order that no two runs share."""

    def complete(self, request):
        time.sleep(random.Random().uniform(0, 0.004))
        return super().complete(request)


def asked_twice_by_each(recorder: Recorder, askers: int) -> list[list[str]]:
    def work(k: int) -> list[str]:
        with stream(f"{k:02}"):
            return [recorder.complete(ask("the same")).text for _ in range(2)]

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(work, range(askers)))


def test_draws_are_counted_in_a_stream_and_do_not_depend_on_the_threads_order(tmp_path):
    found = []
    for _ in range(3):
        with closing(Recorder(Shuffled(), seed=5)) as recorder:
            texts = asked_twice_by_each(recorder, 20)
            exchanges = recorder.take()
        found.append((texts, [e.key for e in exchanges]))
        assert [e.request.draw for e in exchanges] == [0, 1] * 20
        assert [e.request.stream for e in exchanges] == [f"{k // 2:02}" for k in range(40)]
    assert found[0] == found[1] == found[2]
    assert len({text for pair in found[0][0] for text in pair}) == 40


def test_streams_are_answered_from_the_record(tmp_path):
    path = tmp_path / "llm.jsonl"
    with closing(Recorder(MockLLM(), path)) as recorder:
        first = asked_twice_by_each(recorder, 6)
    with closing(Recorder(MockLLM(), path)) as recorder:
        assert asked_twice_by_each(recorder, 6) == first
        assert recorder.ledger.cached == 12


def test_streams_get_seeds_of_their_own_from_the_server(chat_server, connect):
    with closing(Recorder(connect(seed=3))) as recorder:
        recorder.complete(ask())
        for name in ("a", "b"):
            with stream(name):
                recorder.complete(ask())
    assert len({body["seed"] for body in chat_server.requests}) == 3


def test_a_request_may_have_its_own_temperature(chat_server, connect):
    llm = connect(temperature=0.2)
    llm.complete(ask())
    llm.complete(ask(temperature=1.4))
    assert [body["temperature"] for body in chat_server.requests] == [0.2, 1.4]


def test_what_few_requests_have_is_no_part_of_the_others():
    assert not {"stream", "temperature"} & set(ask().as_json())
    own = json.loads(json.dumps(ask(stream="a", temperature=0.0).as_json()))
    assert (own["stream"], own["temperature"]) == ("a", 0.0)
