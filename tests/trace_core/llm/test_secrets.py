from __future__ import annotations

import logging
import traceback

import pytest

from tests.chat_server import KEY, dropped, error, malformed, server_error, text
from tests.trace_core.llm.conftest import ask
from trace_core._errors import UserError
from trace_core.llm import OpenAIClient, Recorder

TELLTALES = [error(status, f"{KEY} is no good") for status in (400, 401, 403, 404, 429, 500)]


@pytest.mark.parametrize("fault", [*TELLTALES, server_error(), dropped(), malformed()])
def test_no_error_holds_the_key(chat_server, connect, caplog, fault):
    chat_server.otherwise = fault
    caplog.set_level(logging.DEBUG)
    with pytest.raises(UserError) as caught:
        connect(max_retries=0).complete(ask())
    shown = "".join(traceback.format_exception(caught.value))
    assert KEY not in shown + repr(caught.value) + caplog.text


def test_no_part_of_the_key_stays_where_long_words_are_cut(chat_server, connect):
    for length in range(270, 300, 5):
        chat_server.otherwise = error(400, "x" * length + " " + KEY)
        with pytest.raises(UserError) as caught:
            connect(max_retries=0).complete(ask())
        assert KEY[:8] not in str(caught.value), length


def test_a_refused_key_is_not_repeated(chat_server, connect, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-the-wrong-one")
    with pytest.raises(UserError, match="refused the key in OPENAI_API_KEY") as caught:
        connect().complete(ask())
    assert "the-wrong-one" not in "".join(traceback.format_exception(caught.value))


def test_no_record_and_no_setting_holds_the_key(chat_server, connect, tmp_path):
    chat_server.script = [text(f"your key is {KEY}", f"blocked {KEY}")]
    client = connect()
    recorder = Recorder(client, tmp_path / "llm.jsonl", seed=0)
    recorder.complete(ask())
    recorder.close()
    assert KEY not in (tmp_path / "llm.jsonl").read_text()
    assert KEY not in repr(client.settings()) + repr(client) + client.name


@pytest.mark.parametrize("key", ["sk-with\nnewline", "sk with space", "sk-ключ-от-двери"])
def test_a_key_that_no_header_can_hold_is_told_without_it(chat_server, monkeypatch, key):
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(UserError, match="OPENAI_API_KEY holds characters") as caught:
        OpenAIClient()
    assert key not in str(caught.value)


def test_a_password_in_the_address_is_not_shown(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://me:hunter2@127.0.0.1:9/v1?token=hunter2")
    client = OpenAIClient(max_retries=0)
    with pytest.raises(UserError, match="No LLM server answers at http://127.0.0.1:9:") as caught:
        client.complete(ask())
    client.close()
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
