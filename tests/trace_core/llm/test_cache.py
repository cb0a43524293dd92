from __future__ import annotations

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from tests.chat_server import text
from tests.trace_core.llm.conftest import SCHEMA, ask
from trace_core._errors import UserError
from trace_core.llm import AnswerCache, MockLLM, Recorder

QUESTIONS = [ask("a", schema=SCHEMA), ask("b"), ask("a", schema=SCHEMA)]

WRITES = """
import sys
from pathlib import Path
from tests.trace_core.llm.conftest import ask
from trace_core.llm import AnswerCache, MockLLM, Recorder
recorder = Recorder(MockLLM(), seed=int(sys.argv[2]), cache=AnswerCache(Path(sys.argv[1])))
for i in range(100):
    recorder.complete(ask(f"question {i % 50}"))
recorder.close()
"""


def run(llm, cache, seed=0, questions=QUESTIONS):
    """The replies of a run that shares its answers, and its ledger."""
    with closing(Recorder(llm, seed=seed, cache=AnswerCache(cache))) as recorder:
        return [recorder.complete(question) for question in questions], recorder.ledger


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "deep" / "answers.sqlite"


def test_another_run_of_the_same_kind_pays_nothing(chat_server, connect, cache):
    first, _ = run(connect(), cache)
    again, ledger = run(connect(), cache)
    assert len(chat_server.requests) == 3
    assert [reply.text for reply in again] == [reply.text for reply in first]
    assert (ledger.calls, ledger.cached) == (3, 3)
    assert ledger.prompt_tokens == chat_server.prompt_tokens


def test_seeds_draws_and_settings_share_no_answer(chat_server, connect, cache):
    run(connect(), cache)
    for other in ({"seed": 1}, {}):
        _, ledger = run(connect(temperature=0.5), cache, **other)
        assert ledger.cached == 0
    texts = [reply.text for reply in run(connect(), cache, questions=[QUESTIONS[0]] * 3)[0]]
    assert texts[0] != texts[1]
    assert len(chat_server.requests) == 3 + 6 + 1


def test_a_cached_answer_is_in_the_runs_own_record_too(cache, tmp_path):
    run(MockLLM(), cache)
    for offline in (False, True):
        path, shared = tmp_path / "llm.jsonl", AnswerCache(cache) if not offline else None
        with closing(Recorder(MockLLM(), path, cache=shared)) as recorder:
            for question in QUESTIONS:
                recorder.complete(question)
            assert recorder.ledger.cached == 3
    assert len(path.read_text().splitlines()) == 3


def test_offline_the_cache_still_answers(chat_server, connect, cache):
    run(connect(), cache)
    with closing(Recorder(connect(), cache=AnswerCache(cache), offline=True)) as recorder:
        recorder.complete(QUESTIONS[0])
        with pytest.raises(UserError, match="Offline"):
            recorder.complete(ask("something else"))


def test_failures_are_not_kept(chat_server, connect, cache):
    chat_server.script = [text("fine")]
    (reply,), _ = run(connect(), cache, questions=QUESTIONS[1:2])
    chat_server.stop()
    with pytest.raises(UserError):
        run(connect(max_retries=0), cache, questions=[ask("c")])
    assert [r.text for r in run(connect(), cache, questions=QUESTIONS[1:2])[0]] == [reply.text]


def test_processes_write_at_the_same_time_and_lose_nothing(cache):
    seeds = [0, 0, 1, 2]
    started = [subprocess.Popen([sys.executable, "-c", WRITES, cache, str(s)]) for s in seeds]
    assert [process.wait(timeout=60) for process in started] == [0, 0, 0, 0]
    for seed in range(3):
        questions = [ask(f"question {i % 50}") for i in range(100)]
        _, ledger = run(MockLLM(), cache, seed, questions)
        assert ledger.cached == 100
    with closing(sqlite3.connect(cache)) as file:
        assert file.execute("SELECT count(*) FROM answers").fetchone() == (300,)
        assert file.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert {kind for (kind,) in file.execute("SELECT typeof(exchange) FROM answers")} == {
            "text"
        }


def test_threads_share_a_cache(cache):
    questions = [ask(f"question {i}") for i in range(100)]
    recorder = Recorder(MockLLM(), cache=AnswerCache(cache))
    with closing(recorder), ThreadPoolExecutor(8) as pool:
        list(pool.map(recorder.complete, questions))
    assert run(MockLLM(), cache, questions=questions)[1].cached == 100


def spoil_text(path):
    path.write_bytes(b"this is no database, however long one looks at it" * 100)


def spoil_version(path):
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA user_version=99")


def spoil_row(path):
    run(MockLLM(), path)
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("UPDATE answers SET exchange = '{}'")


@pytest.mark.parametrize("spoil", [spoil_text, spoil_version, spoil_row])
def test_a_file_that_is_no_cache_is_told(tmp_path, spoil):
    path = tmp_path / "answers.sqlite"
    spoil(path)
    with pytest.raises(UserError, match="Cannot use the cache .*answers.sqlite.*llm.cache=FILE"):
        run(MockLLM(), path)


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="Cannot use the cache"):
        run(MockLLM(), tmp_path / "file" / "answers.sqlite")
