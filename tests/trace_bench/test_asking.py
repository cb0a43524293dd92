"""Limits, the shared cache and --offline, as a user meets them: real processes, a real server."""

import json
import signal

import pytest

from tests.chat_server import ChatServer, filled, stalled
from trace_bench.plan import plan
from trace_core import UserError

from .conftest import rows_of
from .test_interruption import wait_for

COMMAND = ["run", "-m", "task=numerical", "optimizer=optoprime", "llm=openai", "iterations=4"]
SWEEP = [*COMMAND, "seed=0,1"]


@pytest.fixture
def server():
    with ChatServer() as running:
        yield running


def at(server):
    return {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": server.key}


def records(shell, out="results/runs"):
    return [json.loads((run / "run.json").read_text()) for run in shell.runs(out)]


def test_a_limit_stops_each_run_and_a_larger_one_goes_on(shell, server):
    shell(*SWEEP, "--out", "unbroken", **at(server))
    whole = len(server.requests)
    stopped = shell(*SWEEP, "limits.calls=2", **at(server))
    assert stopped.code == 1
    assert stopped.err.count("limits.calls=2 reached, with 2") == 3  # each, and a cause
    assert "goes on from here; after a limit, with a larger one" in stopped.err
    assert "2 unfinished" in stopped.out
    assert len(server.requests) == whole + 4
    for record in records(shell):
        assert (record["status"], record["ledger"]["calls"]) == ("interrupted", 2)
        assert record["stop_reason"] == "limits.calls=2 reached, with 2"
    assert shell(*SWEEP, "limits.calls=99", **at(server)).code == 0
    assert len(server.requests) == 2 * whole
    assert rows_of(shell.runs()) == rows_of(shell.runs("unbroken"))


def test_the_ledger_on_disk_is_the_servers_own_count(shell, server):
    shell(*SWEEP, "llm.usd_per_million=[10,30]", **at(server))
    ledgers = [record["ledger"] for record in records(shell)]
    counted = ("calls", "prompt_tokens", "completion_tokens", "usd")
    total = {key: sum(ledger[key] for ledger in ledgers) for key in counted}
    assert total["calls"] == len(server.requests)
    assert total["prompt_tokens"] == server.prompt_tokens
    assert total["completion_tokens"] == server.completion_tokens
    usd = (server.prompt_tokens * 10 + server.completion_tokens * 30) / 1e6
    assert total["usd"] == pytest.approx(usd)
    steps = [row["llm"] for rows in rows_of(shell.runs()).values() for row in rows]
    assert sum(step["usd"] for step in steps) == pytest.approx(usd)


def test_money_is_not_limited_by_guessing(shell, server):
    refused = shell(*SWEEP, "limits.usd=1", "llm.model=my-own", **at(server))
    assert refused.code == 2
    assert "no price of this LLM is known" in refused.err.splitlines()[-1]
    assert not server.requests and not shell.runs()


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("limits.calls=few", 'limits.calls="few" is not allowed'),
        ("limits.usd=-1", "limits.usd=-1 is not allowed"),
        ("limits.cals=3", "Did you mean 'limits.calls'?"),
        ("llm.cache=3", "llm.cache=3 is not allowed"),
        ("offline=maybe", 'offline="maybe" is not allowed'),
        ("llm.usd_per_million=[1]", "llm.usd_per_million"),
        ("llm.concurrency=0", "llm.concurrency=0 is not allowed"),
    ],
)
def test_a_wrong_value_is_told_when_planning(override, told):
    with pytest.raises(UserError) as caught:
        plan([*COMMAND[2:], override])
    assert told in str(caught.value)


def test_runs_share_answers_through_a_cache(shell, server):
    shell(*SWEEP, "llm.cache=answers.sqlite", "--out", "first", **at(server))
    asked = len(server.requests)
    again = shell(*SWEEP, "llm.cache=answers.sqlite", "--offline", "--out", "second", **at(server))
    assert again.code == 0, again
    assert len(server.requests) == asked
    assert rows_of(shell.runs("first")) == rows_of(shell.runs("second"))
    assert [r["ledger"]["cached"] for r in records(shell, "second")] == [4, 4]


def test_the_users_own_cache_is_in_its_place(shell, server):
    home = {"XDG_CACHE_HOME": str(shell.folder / "caches")}
    shell(*SWEEP, "llm.cache=true", **at(server), **home)
    assert (shell.folder / "caches" / "trace-bench" / "answers.sqlite").exists()


def test_offline_nothing_is_asked(shell, server):
    refused = shell(*SWEEP, "--offline", **at(server))
    assert refused.code == 2
    assert "Offline, and nothing recorded answers this: openai/" in refused.err.splitlines()[-1]
    assert not server.requests and not shell.runs()
    assert shell("run", "optimizer=optoprime", "llm=mock", "iterations=1", "--offline").code == 0


def test_ctrl_c_ends_a_wait_and_the_same_command_goes_on(shell, server):
    server.otherwise = stalled(60)
    with shell.start(*SWEEP, **at(server)) as process:
        wait_for(lambda: server.requests, process)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "0 of 2 runs are finished" in err and "Traceback" not in err
    server.otherwise = filled
    assert shell(*SWEEP, **at(server)).code == 0


def test_no_file_and_no_message_holds_the_key(shell, server):
    server.script = [lambda body: (_ for _ in ()).throw(ConnectionError)]
    ended = shell(*SWEEP, "llm.cache=answers.sqlite", **at(server))
    told = [ended.out, ended.err, shell("show", "s0", "--step", "0").out]
    for path in shell.folder.rglob("*"):
        if path.is_file():
            told.append(path.read_bytes().decode(errors="replace"))
    assert len(told) > 8
    assert not [text for text in told if server.key in text]
