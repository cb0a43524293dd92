"""DSPy asks our LLM, and nobody else."""

import copy
import json
import sys
import threading
from contextlib import closing

import dspy
import pytest

from tests.chat_server import text, unknown_model
from trace_core import UserError
from trace_core.llm import MockLLM, Recorder, Reply, Usage, stream
from trace_core.llm.dspy_lm import RunLM, failures_raised

ANSWER = "[[ ## answer ## ]]\n{}\n\n[[ ## completed ## ]]"


class Counting(MockLLM):
    """Answers with the number of the request."""

    def __init__(self) -> None:
        super().__init__()
        self.requests = []
        self._counting = threading.Lock()

    def complete(self, request):
        with self._counting:
            self.requests.append(request)
            return Reply(ANSWER.format(len(self.requests)), Usage(3, 2, 0.0))


@pytest.fixture
def llm():
    return Counting()


def predict(lm, question="2 + 2?", **settings):
    with dspy.context(lm=lm, disable_history=True):
        return dspy.Predict("question -> answer", **settings)(question=question)


def test_a_program_is_answered_by_our_llm(llm):
    assert predict(RunLM(llm, max_tokens=77)).answer == "1"
    (request,) = llm.requests
    assert [m.role for m in request.messages] == ["system", "user"]
    assert "2 + 2?" in request.messages[1].content
    assert (request.max_tokens, request.temperature, request.schema) == (77, None, None)


def test_its_calls_are_in_the_record_and_answered_from_there(chat_server, connect, tmp_path):
    chat_server.otherwise = text(ANSWER.format("four"))
    path = tmp_path / "llm.jsonl"
    for cached in (0, 1):
        with closing(Recorder(connect(), path, seed=3)) as recorder:
            assert predict(RunLM(recorder, max_tokens=50)).answer == "four"
            assert (recorder.ledger.calls, recorder.ledger.cached) == (1, cached)
            assert recorder.ledger.prompt_tokens == chat_server.prompt_tokens
    (body,) = chat_server.requests
    assert body["max_tokens"] == 50


def test_completions_are_requests_and_have_their_own_temperature(llm):
    with closing(Recorder(llm)) as recorder:
        found = predict(RunLM(recorder, max_tokens=9), n=3, temperature=1.4)
        assert found.completions.answer == ["1", "2", "3"]
        asked = [e.request for e in recorder.take()]
    assert [(r.draw, r.temperature) for r in asked] == [(0, 1.4), (1, 1.4), (2, 1.4)]


def test_a_schema_reaches_our_llm(chat_server, connect):
    chat_server.script = [text("no fields"), text(json.dumps({"answer": "4"}))]
    assert predict(RunLM(connect(), max_tokens=9)).answer == "4"
    schema = chat_server.requests[1]["response_format"]["json_schema"]["schema"]
    assert schema["required"] == ["answer"]


def test_dspys_own_client_and_cache_are_not_used(llm):
    lm = RunLM(llm, max_tokens=9)
    assert predict(lm).answer == "1" and predict(lm).answer == "2"
    assert "litellm" not in sys.modules


# Shared by threads


def test_a_shared_one_asks_each_distinct_request_once(llm):
    lm = RunLM(llm, max_tokens=9, shared=True)
    assert [predict(lm, q).answer for q in ("a", "b", "a", "b", "a")] == ["1", "2", "1", "2", "1"]
    assert predict(lm, "a", temperature=0.5).answer == "3"
    assert predict(lm, "a", n=2, temperature=0.5).completions.answer == ["3", "4"]
    other = lm.copy(rollout_id=1, temperature=0.5)
    assert predict(other, "a").answer == "5", "DSPy wants another sample"
    assert predict(copy.deepcopy(lm), "a").answer == "1"


def test_its_draws_do_not_depend_on_the_threads_order():
    def asked(threads):
        with closing(Recorder(MockLLM())) as recorder:
            lm = RunLM(recorder, max_tokens=9, shared=True)
            examples = [
                dspy.Example(question=str(i // 2), answer="").with_inputs("question")
                for i in range(30)
            ]
            seen = dspy.Evaluate(devset=examples, metric=lambda *_: 1, num_threads=threads)
            calm = dspy.context(lm=lm, disable_history=True, max_errors=99)
            with calm, pytest.MonkeyPatch.context() as patch:
                patch.setattr(dspy.utils.parallelizer.logger, "error", lambda *_: None)
                seen(dspy.Predict("question -> answer"))
            return [(e.request.stream, e.key, e.reply.text) for e in recorder.take()]

    one = asked(1)
    assert len(one) == 30, "15 questions, each in DSPy's form and, in vain, as JSON"
    assert asked(8) == one == asked(8)


def test_a_repeated_slow_request_gets_the_answer_of_the_first(llm):
    lm = RunLM(llm, max_tokens=9, shared=True)
    begun, go_on = threading.Event(), threading.Event()
    answer = llm.complete

    def slow(request):
        begun.set()
        go_on.wait(10)
        return answer(request)

    llm.complete = slow
    found = []
    threads = [threading.Thread(target=lambda: found.append(predict(lm).answer)) for _ in "ab"]
    threads[0].start()
    begun.wait(10)
    threads[1].start()
    go_on.set()
    for thread in threads:
        thread.join()
    assert found == ["1", "1"] and len(llm.requests) == 1


def test_streams_are_those_of_whoever_asks(llm):
    with closing(Recorder(llm)) as recorder:
        lm = RunLM(recorder, max_tokens=9, shared=True)
        for name in ("test/0001", "test/0000"):
            with stream(name):
                predict(lm)
        asked = [e.request.stream for e in recorder.take()]
    assert [s.rpartition("/")[0].rpartition("/")[0] for s in asked] == ["test/0000", "test/0001"]


# Failures


def test_a_dead_server_is_no_wrong_answer(chat_server, connect):
    chat_server.otherwise = unknown_model
    lm = RunLM(connect(), max_tokens=9, shared=True)
    examples = [dspy.Example(question=str(i)).with_inputs("question") for i in range(5)]
    seen = dspy.Evaluate(devset=examples, metric=lambda *_: 1, num_threads=2, max_errors=99)
    with (
        pytest.raises(UserError, match="has no model"),
        pytest.MonkeyPatch.context() as patch,
        failures_raised(lm),
        dspy.context(lm=lm, disable_history=True),
    ):
        patch.setattr(dspy.utils.parallelizer.logger, "error", lambda *_: None)
        seen(dspy.Predict("question -> answer"))
    assert len(chat_server.requests) <= 2, "after the first failure nobody asks again"


def test_without_a_failure_nothing_is_raised(llm):
    lm = RunLM(llm, max_tokens=9)
    with failures_raised(lm):
        predict(lm)
    with pytest.raises(ValueError, match="mine"), failures_raised(lm):
        raise ValueError("mine")
