"""`llm.server`: the user's own build of llama.cpp's server instead of xllamacpp."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from contextlib import closing

import pytest

from tests.processes import require_ended, until
from tests.trace_core.llm.conftest import ask
from trace_core._errors import UserError
from trace_core.llm import LocalLLM, _local_server

ASKS = """
import sys
from tests.trace_core.llm.conftest import ask
from trace_core.llm import LocalLLM
LocalLLM(path=sys.argv[1], server=sys.argv[2]).complete(ask())
"""
PROGRAM = """\
    #!{python}
    import json, os, sys, time
    from http.server import BaseHTTPRequestHandler, HTTPServer

    if "--version" in sys.argv:
        sys.exit(print("version: 77 (abc)\\nbuilt with care"))
    model = sys.argv[sys.argv.index("--model") + 1]
    if open(model).read() != "GGUF":
        sys.exit("no model")
    if "slow" in model:
        open(model + ".pid", "w").write(str(os.getpid()))
        time.sleep(60)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.answer({{"status": "ok"}})

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            key = os.environ["LLAMA_API_KEY"]
            known = key not in sys.argv and self.headers["Authorization"] == f"Bearer {{key}}"
            told = [os.getpid(), known, *sys.argv[1:]]
            message = {{"role": "assistant", "content": json.dumps(told)}}
            choice = {{"index": 0, "finish_reason": "stop", "message": message}}
            usage = {{"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}
            self.answer({{"id": "1", "object": "chat.completion", "created": 0, "model": "m",
                         "choices": [choice], "usage": usage}})

        def answer(self, body):
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_):
            pass

    HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Handler).serve_forever()
"""


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "llama-server"
    path.write_text(textwrap.dedent(PROGRAM).format(python=sys.executable))
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "tiny.gguf"
    path.write_text("GGUF")
    return str(path)


def test_it_is_asked_with_the_same_settings_and_a_secret_key(program, model, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # not the way to oneself
    with closing(LocalLLM(path=model, server=program, context=512, slots=2, threads=3)) as llm:
        pid, known, *options = json.loads(llm.complete(ask()).text)
        given = dict(zip(options, options[1:], strict=False))
        assert given["--ctx-size"] == "1024" and given["--parallel"] == "2"
        assert given["--threads"] == given["--threads-batch"] == "3"
        assert given["--host"] == "127.0.0.1" and "--cache-prompt" in options
        assert known, "the key is sent with the request and not among the arguments"
        assert llm.settings()["llama-server"] == "77 (abc)" and "xllamacpp" not in llm.settings()
    server = next(s for p, s in _local_server._servers.items() if p[1].server == program)
    _local_server._end(server.process)
    require_ended(pid)


def test_a_program_that_died_is_started_again(program, model):
    with closing(LocalLLM(path=model, server=program)) as llm:
        first, *_ = json.loads(llm.complete(ask()).text)
        os.kill(first, signal.SIGKILL)
        second, *_ = json.loads(llm.complete(ask()).text)
    assert second != first


def test_it_ends_with_the_process_that_is_waiting_for_it_to_load(program, tmp_path):
    slow = tmp_path / "slow.gguf"
    slow.write_text("GGUF")
    command = [sys.executable, "-c", ASKS, str(slow), program]
    with subprocess.Popen(command) as process:
        pid = tmp_path / "slow.gguf.pid"
        until(lambda: pid.exists() and pid.read_text(), "it did not start")
        process.kill()
    require_ended(int(pid.read_text()))


def test_what_it_cannot_load_is_told(program, tmp_path):
    junk = tmp_path / "junk.gguf"
    junk.write_text("junk")
    with (
        closing(LocalLLM(path=str(junk), server=program)) as llm,
        pytest.raises(UserError, match=r"junk.gguf cannot be loaded.* that .*llama-server knows"),
    ):
        llm.complete(ask())


@pytest.mark.parametrize(
    ("name", "said"), [("nowhere", "cannot be run"), ("/bin/echo", "does not say its version")]
)
def test_what_is_no_server_is_told_before_a_run_begins(name, said, model):
    with (
        closing(LocalLLM(path=model, server=name)) as llm,
        pytest.raises(UserError, match=f"llm.server={name}.* {said}"),
    ):
        llm.check()
