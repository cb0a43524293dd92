"""A real model: SmolLM2-135M."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import closing

import pytest

from tests.processes import require_ended
from tests.trace_core.llm.conftest import ask
from trace_core._errors import UserError
from trace_core.llm import LocalLLM, _local_server
from trace_core.llm.local_models import MODELS, checksum, model_file

pytestmark = pytest.mark.usefixtures("small_model")

STARTS_AND_WAITS = """
import sys, time
from tests.trace_core.llm.conftest import ask
from trace_core.llm import LocalLLM, _local_server
LocalLLM(context=1024, max_tokens=2).complete(ask())
(server,) = _local_server._servers.values()
print(server.process.pid, flush=True)
if sys.argv[1] == "wait":
    time.sleep(60)
"""


def local(**settings):
    """Small enough to start at once; equal sizes share a server."""
    return closing(LocalLLM(**{"context": 2048, "max_tokens": 60, **settings}))


def test_it_fills_a_schema_and_counts_its_tokens():
    schema = {"type": "object", "properties": {"x": {"type": "integer", "maximum": 5}}}
    schema |= {"required": ["x"], "additionalProperties": False}
    with local() as llm:
        reply = llm.complete(ask(schema=schema))
    assert json.loads(reply.text)["x"] <= 5
    assert reply.mode == "json_schema"
    assert reply.usage.prompt_tokens > 10 and reply.usage.completion_tokens > 3


def test_runs_share_a_server_and_draws_differ():
    with local(temperature=1.0) as one, local(temperature=1.0) as other:
        texts = {one.complete(ask(draw=draw)).text for draw in range(4)}
        again = other.complete(ask(draw=3)).text
    assert len(texts) == 4 and again in texts
    alive = [
        place
        for place, server in _local_server._servers.items()
        if server.process.poll() is None and place[1].context == 2048
    ]
    assert len(alive) == 1


def test_a_server_that_died_is_started_again():
    with local() as llm:
        first = llm.complete(ask()).text
        for server in _local_server._servers.values():
            server.process.kill()
            server.process.wait()
        assert llm.complete(ask()).text == first


def test_strangers_are_not_answered():
    import openai

    with local() as llm:
        llm.complete(ask())
    url = next(s.url for s in _local_server._servers.values() if s.process.poll() is None)
    stranger = openai.OpenAI(base_url=url, api_key="none", max_retries=0)
    with stranger, pytest.raises(openai.AuthenticationError):
        stranger.chat.completions.create(model="m", messages=[{"role": "user", "content": "?"}])


@pytest.mark.parametrize("how", ["end", "wait"])
def test_the_server_ends_with_the_process(how):
    command = [sys.executable, "-c", STARTS_AND_WAITS, how]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        server = int(process.stdout.readline())
        if how == "wait":
            process.send_signal(signal.SIGKILL)
        process.wait()
    require_ended(server)


def test_settings_name_the_file_by_its_content():
    with local(temperature=0.5) as llm:
        settings = llm.settings()
    assert settings["sha256"] == MODELS["smollm2-135m"].sha256
    assert settings["temperature"] == 0.5 and settings["xllamacpp"]
    assert (settings["slots"], settings["threads"], settings["reuse_prompts"]) == (1, None, True)
    assert not {"path", "context"} & set(settings)


def test_a_file_that_is_known_goes_by_its_name_wherever_it_lies(tmp_path):
    link = tmp_path / "weights.gguf"
    link.symlink_to(model_file("smollm2-135m"))
    with local(path=str(link)) as llm, local() as named:
        assert llm.name == "local/smollm2-135m"
        assert llm.settings() == named.settings()


def test_what_is_no_model_is_told(tmp_path):
    junk = tmp_path / "junk.gguf"
    junk.write_bytes(b"GGUF and nothing")
    with local(path=str(junk)) as llm:
        assert llm.name == "local/junk" and llm.settings()["sha256"] == checksum(junk)
        with pytest.raises(UserError, match="junk.gguf cannot be loaded: it is no whole GGUF"):
            llm.complete(ask())


def test_another_file_than_meant_is_not_used(tmp_path):
    junk = tmp_path / "junk.gguf"
    junk.write_bytes(b"GGUF")
    with (
        local(path=str(junk), sha256="0" * 64) as llm,
        pytest.raises(UserError, match="is not the model that was meant"),
    ):
        llm.check()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"model": "qwen2.5-coder-1.5"}, "no local model .* Did you mean 'qwen2.5-coder-1.5b'"),
        ({"path": "/nowhere/x.gguf"}, "Cannot read the model /nowhere/x.gguf"),
    ],
)
def test_a_model_that_is_not_there_is_told(settings, words):
    with pytest.raises(UserError, match=words):
        LocalLLM(**settings)


def test_a_prompt_that_is_too_long_says_what_to_raise():
    with local() as llm, pytest.raises(UserError, match="too long .* raise llm.context"):
        llm.complete(ask("word " * 3000))
