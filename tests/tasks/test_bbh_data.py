"""The published files: fetched once, resumed, checked; and what counts as an answer."""

import hashlib
import json
from pathlib import Path

import pytest

from tests.file_server import FileServer
from trace_bench.tasks.bbh import data
from trace_bench.tasks.bbh.data import File
from trace_bench.tasks.bbh.example import is_right
from trace_core import UserError

NAMES = ("one", "other", "third")


def content(name: str) -> bytes:
    examples = [{"input": f"{name} {i}?", "target": f"({i})"} for i in range(30)]
    return json.dumps({"canary": "made up", "examples": examples}).encode()


@pytest.fixture
def made_up(monkeypatch):
    """Three files instead of the 27."""
    files = {}
    for name in NAMES:
        own = content(name)
        files[name] = File(name, "nlp", hashlib.sha256(own).hexdigest(), len(own))
    monkeypatch.setattr(data, "files", lambda: files)
    return files


@pytest.fixture
def server(made_up):
    with FileServer({f"{name}.json": content(name) for name in NAMES}) as running:
        yield running


def fetched(server, where) -> list[str]:
    told: list[str] = []
    data.fetch(where, server.url, told.append)
    return told


def test_the_table_of_files_is_complete():
    files = data.files()
    assert len(files) == 27
    assert all(len(f.sha256) == 64 and f.size > 10_000 for f in files.values())
    assert data.HOME.startswith("https://raw.githubusercontent.com/suzgunmirac/BIG-Bench-Hard/")


def test_files_are_fetched_once(server, made_up, tmp_path):
    where = tmp_path / "cache" / "bbh"
    assert fetched(server, where) == [
        "1 of 3: one.json fetched",
        "2 of 3: other.json fetched",
        "3 of 3: third.json fetched",
    ]
    assert [data.read(made_up[n], where)[7].question for n in NAMES] == [f"{n} 7?" for n in NAMES]
    assert fetched(server, where)[2] == "3 of 3: third.json was here"
    assert len(server.requests) == 3


def test_an_interrupted_download_goes_on_where_it_was(server, made_up, tmp_path):
    server.cut = {"other.json": 100}
    with pytest.raises(UserError, match="broke off after 100 of .* goes on from where it was"):
        fetched(server, tmp_path)
    assert not (tmp_path / "other.json").exists(), "half a file is none"
    server.cut, before = {}, len(server.requests)
    assert fetched(server, tmp_path)[0] == "1 of 3: one.json was here"
    assert server.requests[before:] == [("other.json", "bytes=100-"), ("third.json", None)]
    assert len(data.read(made_up["other"], tmp_path)) == 30


def test_a_damaged_file_is_fetched_anew(server, made_up, tmp_path):
    fetched(server, tmp_path)
    (tmp_path / "one.json").write_bytes(b"{}")
    assert fetched(server, tmp_path)[0] == "1 of 3: one.json fetched"
    assert len(data.read(made_up["one"], tmp_path)) == 30


def test_another_file_at_that_address_is_thrown_away(server, tmp_path):
    server.files["one.json"] = content("other")
    with pytest.raises(UserError, match=r"one.json is not the file that is known .*data_dir=DIR"):
        fetched(server, tmp_path)
    assert not (tmp_path / "one.json").exists()


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "missing"])
def test_no_server_or_no_file_is_one_line(url, server, tmp_path):
    source = f"{server.url}/" if url == "missing" else url
    server.files.clear()
    with pytest.raises(
        UserError, match="Cannot fetch .*one.json.* use task.data_dir=DIR"
    ) as caught:
        data.fetch(tmp_path, source, print)
    assert "\n" not in str(caught.value)


def test_a_missing_file_says_how_to_get_it(made_up, tmp_path):
    with pytest.raises(UserError, match="There is no .*one.json. `trace-bench data fetch bbh`"):
        data.read(made_up["one"], tmp_path)


@pytest.mark.parametrize("damage", [b"", b"{}", content("one")[:-1], content("other")])
def test_a_damaged_file_is_never_read(damage, made_up, tmp_path):
    (tmp_path / "one.json").write_bytes(damage)
    with pytest.raises(UserError, match="damaged or another version: its SHA-256 is") as caught:
        data.read(made_up["one"], tmp_path)
    assert "\n" not in str(caught.value)


def test_the_folder_is_the_settings_else_the_variables_else_the_caches(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv(data.VARIABLE, raising=False)
    assert data.folder(None).name == "bbh" and "trace-bench" in str(data.folder(None))
    monkeypatch.setenv(data.VARIABLE, "/from/variable")
    assert data.folder(None) == Path("/from/variable")
    assert data.folder("/from/setting") == Path("/from/setting")
    assert data.folder("~") == Path.home()


@pytest.mark.parametrize(
    ("answer", "target", "right"),
    [
        ("(B)", "(B)", True),
        ("It is (A), no, (B).", "(B)", True),
        ("(B) rather than (A)", "(B)", False),
        ("B", "(B)", False),
        ("(b)", "(B)", False),
        ("", "(B)", False),
        ("24", "24", True),
        ("24.", "24", False),
        (" 24", "24", False),
        ("yes", "Yes", False),
        ("", "", True),
        ("The answer is (A)", "valid", False),
        ("( ]", "( ]", True),
    ],
)
def test_an_answer_counts_if_it_is_exactly_that_or_names_the_option_last(answer, target, right):
    assert is_right(answer, target) is right
