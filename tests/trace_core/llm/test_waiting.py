"""Ctrl-C ends every wait for an LLM: in the main thread by itself, in others by `cancellable`."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.chat_server import rate_limited, stalled
from tests.trace_core.llm.conftest import ask
from trace_core.llm._waiting import cancellable, sleep, wait_for

LONG_S = 60

WAITS = {
    "for a reply": stalled(LONG_S),
    "between attempts": rate_limited(str(LONG_S)),
}

ASKS = """
import signal
from contextlib import closing
from tests.trace_core.llm.conftest import ask
from trace_core.llm import OpenAIClient
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it
with closing(OpenAIClient()) as client:
    client.complete(ask())
"""


def until(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("server", WAITS.values(), ids=WAITS)
def test_threads_that_wait_are_called_off(chat_server, connect, server):
    chat_server.otherwise = server
    clients = [connect(concurrency=4) for _ in range(6)]  # two of them wait for their turn
    with cancellable() as cancel, ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(client.complete, ask()) for client in clients]
        until(lambda: len(chat_server.requests) >= 4)
        cancel()
        for answer in asked:
            with pytest.raises(KeyboardInterrupt):
                answer.result(timeout=LONG_S / 2)
        with pytest.raises(KeyboardInterrupt):  # what comes later does not begin to wait
            clients[0].complete(ask())


@pytest.mark.parametrize("server", WAITS.values(), ids=WAITS)
def test_ctrl_c_ends_a_wait_of_the_main_thread(chat_server, server):
    chat_server.otherwise = server
    command = [sys.executable, "-c", ASKS]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        until(lambda: chat_server.requests)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=LONG_S / 2)
    assert err.rstrip().endswith("KeyboardInterrupt")


def test_after_the_sweep_waits_are_as_before():
    with cancellable() as cancel:
        cancel()
        with pytest.raises(KeyboardInterrupt):
            sleep(LONG_S)
        with pytest.raises(KeyboardInterrupt):
            wait_for(lambda: 1)
    sleep(0.001)
    assert wait_for(lambda: 1) == 1


def test_a_call_that_fails_fails_for_the_one_who_waits():
    with pytest.raises(ZeroDivisionError):
        wait_for(lambda: 1 // 0)


def test_a_call_that_is_left_alone_does_not_keep_the_process():
    before = threading.active_count()
    release = threading.Event()
    with cancellable() as cancel:
        threading.Timer(0.01, cancel).start()
        with pytest.raises(KeyboardInterrupt):
            wait_for(release.wait)
    assert all(thread.daemon for thread in threading.enumerate()[before:])
    release.set()
