"""`trace-bench data fetch`: from a server on loopback, in a process of its own."""

import os
from pathlib import Path

import pytest

from tests.file_server import FileServer

DATA = Path(os.environ.get("TRACE_BENCH_BBH") or "nowhere")


@pytest.fixture
def cache(shell, tmp_path):
    shell.environment.pop("TRACE_BENCH_BBH", None)
    shell.environment["XDG_CACHE_HOME"] = str(tmp_path / "cache")
    return tmp_path / "cache" / "trace-bench" / "bbh"


def test_a_server_that_is_not_there_is_one_line(shell, cache):
    line = shell("data", "fetch", "bbh", "--from", "http://127.0.0.1:9/bbh").one_line()
    assert "Cannot fetch http://127.0.0.1:9/bbh/boolean_expressions.json" in line
    assert "task.data_dir=DIR" in line


def test_files_that_are_not_the_known_ones_are_not_kept(shell, cache):
    with FileServer({"boolean_expressions.json": b'{"examples": []}'}) as server:
        line = shell("data", "fetch", "bbh", "--from", server.url).one_line()
    assert "is not the file that is known" in line
    assert not list(cache.glob("*.json"))


def test_tasks_without_data_and_unknown_ones_say_so(shell):
    assert shell("data", "fetch", "numerical").out == "numerical needs no data.\n"
    assert "Did you mean 'bbh'?" in shell("data", "fetch", "bhb").one_line()


def test_a_run_without_data_says_how_to_get_them(shell, cache):
    words = ["run", "task=bbh", "optimizer=dspy_program", "llm=mock"]
    assert "`trace-bench data fetch bbh` gets the data" in shell(*words).one_line()
    assert "There is no nowhere" in shell(*words, "task.data_dir=nowhere").one_line()
    assert "There is no subset 'x'" in shell(*words, "task.subset=x", "--dry-run").one_line()
    assert shell.runs() == [], "a refused run leaves nothing behind"


@pytest.mark.skipif(not (DATA / "navigate.json").exists(), reason="TRACE_BENCH_BBH has no data")
def test_the_real_files_are_fetched_and_used(shell, cache):
    files = {path.name: path.read_bytes() for path in DATA.glob("*.json")}
    with FileServer(files) as server:
        done = shell("data", "fetch", "bbh", "--from", server.url)
        again = shell("data", "fetch", "bbh", "--from", server.url)
        assert len(server.requests) == 27
    assert done.code == again.code == 0 and done.out.strip() == str(cache)
    assert "27 of 27: word_sorting.json fetched" in done.err and "was here" in again.err
    words = ["task=bbh", "task.examples=22", "optimizer=dspy_program", "llm=mock", "--json"]
    assert shell("run", *words).data["runs"][0]["status"] == "finished"
