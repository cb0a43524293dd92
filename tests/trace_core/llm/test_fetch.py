"""Fetching a model from a server on loopback that breaks off, lies, or knows no ranges."""

from __future__ import annotations

import hashlib
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from trace_core._errors import UserError
from trace_core.llm import local_models
from trace_core.llm._fetch import fetch
from trace_core.llm.local_models import MODELS, Model, model_file

WEIGHTS = bytes(range(256)) * 8192  # 2 MiB
SHA256 = hashlib.sha256(WEIGHTS).hexdigest()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        self.server.ranges.append(int(asked[1]) if asked else 0)
        start = int(asked[1]) if asked and self.server.knows_ranges else 0
        rest = WEIGHTS[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest[: self.server.breaks_after])
        self.server.breaks_after = None

    def log_message(self, format, *args):
        pass


@contextmanager
def served(*, breaks_after=None, knows_ranges=True):
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.ranges, server.breaks_after, server.knows_ranges = [], breaks_after, knows_ranges
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server, f"http://127.0.0.1:{server.server_port}/weights.gguf"
        finally:
            server.shutdown()
            thread.join()


def get(url, target, sha256=SHA256):
    fetch(url, target, sha256=sha256, size=len(WEIGHTS))


def test_a_file_is_fetched_once_and_whole(tmp_path):
    target = tmp_path / "models" / "weights.gguf"
    with served() as (server, url):
        get(url, target)
        get(url, target)
    assert target.read_bytes() == WEIGHTS
    assert server.ranges == [0]
    assert [path.name for path in target.parent.iterdir()] == ["weights.gguf"]


def test_it_goes_on_where_the_connection_broke(tmp_path):
    target = tmp_path / "weights.gguf"
    with served(breaks_after=1_500_000) as (server, url):
        with pytest.raises(UserError, match="Cannot fetch .* goes on from where it was"):
            get(url, target)
        assert not target.exists()
        get(url, target)
    assert target.read_bytes() == WEIGHTS
    assert server.ranges[0] == 0 and server.ranges[1] > 0


def test_a_server_without_ranges_begins_anew(tmp_path):
    target = tmp_path / "weights.gguf"
    with served(breaks_after=1_500_000, knows_ranges=False) as (_, url):
        with pytest.raises(UserError):
            get(url, target)
        get(url, target)
    assert target.read_bytes() == WEIGHTS


def test_another_file_than_the_known_one_is_thrown_away(tmp_path):
    target = tmp_path / "weights.gguf"
    with served() as (_, url):
        with pytest.raises(UserError, match="is not the file that is known"):
            get(url, target, sha256="0" * 64)
        assert not target.exists()
        get(url, target)
    assert target.read_bytes() == WEIGHTS


def test_processes_or_threads_that_want_it_at_once_fetch_it_once(tmp_path):
    target = tmp_path / "weights.gguf"
    with served() as (server, url):
        threads = [threading.Thread(target=get, args=(url, target)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert server.ranges == [0]
    assert target.read_bytes() == WEIGHTS


def test_without_a_network_it_is_one_line_with_the_way_out(tmp_path):
    with served() as (_, url):
        pass
    with pytest.raises(UserError, match="Cannot fetch http.*connect.*llm.path=FILE") as caught:
        get(url, tmp_path / "weights.gguf")
    assert "\n" not in str(caught.value)


def test_a_cache_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="Cannot write .*weights.gguf"):
        get("http://127.0.0.1:9/weights.gguf", tmp_path / "file" / "weights.gguf")


def test_a_model_known_by_name_goes_into_the_users_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with served() as (_, url):
        known = Model(SHA256, len(WEIGHTS), url=url)
        monkeypatch.setattr(local_models, "MODELS", {"toy": known})
        assert not local_models.is_here("toy")
        path = model_file("toy")
    assert path == tmp_path / "trace-bench" / "models" / "toy.gguf"
    assert path.read_bytes() == WEIGHTS
    assert local_models.is_here("toy")
    assert model_file("toy") == path  # the server is gone


def test_what_is_fetched_comes_from_its_public_home():
    fetched = {name: model for name, model in MODELS.items() if not model.wheel}
    assert "qwen2.5-coder-1.5b" in fetched
    for model in fetched.values():
        assert model.url.startswith("https://huggingface.co/Qwen/")
        assert re.fullmatch(r"[0-9a-f]{64}", model.sha256)
