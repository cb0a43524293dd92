from concurrent.futures import ThreadPoolExecutor

import pytest

from trace_bench.guard import Guard
from trace_bench.store import EXCHANGES, RunFolder
from trace_bench.sweep import _Sweep, states, sweep
from trace_bench.sweep_limits import Allowance, Rules, SweepLimitReached, Taken, Till
from trace_bench.sweeps import name_of, till_of
from trace_core import UserError
from trace_core.llm import Exchange, Message, MockLLM, RecordFile, Reply, Request, Usage

from .conftest import rows_of
from .quiet import Quiet, swept, toys

NOTHING = Taken()
ASKING = ("optimizer=toy_reader", "llm=openai", "task.tolerance=1e-9", "seed=range(4)")


def reply(tokens: int | None = 10, usd: float | None = 0.5) -> Reply:
    return Reply("", Usage(tokens, 0, usd))


def allowance(tmp_path, run: str = "a", had: Taken = NOTHING, **limits) -> Allowance:
    return Allowance(Till(tmp_path / "taken.sqlite"), run, Rules(**limits), had)


def test_calls_are_counted_before_they_are_made(tmp_path):
    a, b = allowance(tmp_path, calls=3), allowance(tmp_path, "b", calls=3)
    a.reserve()
    b.reserve()
    a.reserve()
    with pytest.raises(SweepLimitReached, match=r"sweep\.calls=3 reached by all runs together"):
        b.reserve()
    a.settle(None)  # the call failed, so its place is free again
    b.reserve()


def test_many_threads_do_not_get_more_than_there_is(tmp_path):
    a = allowance(tmp_path, calls=10)

    def ask(_):
        try:
            a.reserve()
        except SweepLimitReached:
            return 0
        a.settle(reply())
        return 1

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(ask, range(40))) == 10


@pytest.mark.parametrize(("limits", "calls"), [({"tokens": 35}, 4), ({"usd": 1.5}, 3)])
def test_the_call_that_crosses_a_limit_of_tokens_or_money_is_the_last(tmp_path, limits, calls):
    a = allowance(tmp_path, **limits)
    for _ in range(calls):
        a.reserve()
        a.settle(reply())
    with pytest.raises(SweepLimitReached):
        a.reserve()


def test_a_call_under_way_counts_as_the_dearest_so_far(tmp_path):
    a, b = allowance(tmp_path, tokens=35), allowance(tmp_path, "b", tokens=35)
    a.reserve()
    a.settle(reply(tokens=12))
    b.reserve()
    a.reserve()
    with pytest.raises(SweepLimitReached):
        b.reserve()


def test_what_nobody_tells_cannot_be_limited(tmp_path):
    a = allowance(tmp_path, usd=1.0)
    a.reserve()
    a.settle(reply(usd=None))  # and is recorded, for it was paid
    with pytest.raises(UserError, match=r"sweep\.usd=1 cannot be kept, because no price"):
        a.reserve()
    b = allowance(tmp_path, "b", tokens=100)
    b.reserve()
    b.settle(reply(tokens=None))
    with pytest.raises(UserError, match=r"sweep\.tokens=100 cannot be kept"):
        b.reserve()
    c = allowance(tmp_path, "c", usd=1.0)
    c.reserve()
    c.settle(reply(tokens=None, usd=None))
    with pytest.raises(UserError, match=r"sweep\.usd=1 .* the server counts no tokens"):
        c.reserve()


def test_a_run_that_goes_on_replaces_what_a_killed_process_left(tmp_path):
    killed = allowance(tmp_path, calls=3)
    killed.reserve()
    killed.reserve()
    again = allowance(tmp_path, had=Taken(calls=1), calls=3)
    again.reserve()
    again.reserve()
    with pytest.raises(SweepLimitReached):
        again.reserve()


def test_time_is_limited_between_iterations(tmp_path):
    a, b = allowance(tmp_path, seconds=10), allowance(tmp_path, "b", seconds=10)
    a.spend(6, goes_on=True)
    b.spend(6, goes_on=False)
    with pytest.raises(SweepLimitReached, match=r"sweep\.seconds=10"):
        a.spend(1, goes_on=True)


def test_a_file_that_cannot_be_used_is_one_line(tmp_path):
    (tmp_path / "taken.sqlite").write_text("no database, but long enough to be taken for one" * 9)
    with pytest.raises(UserError, match="Cannot keep the limits of the sweep in .*leave sweep"):
        allowance(tmp_path, calls=1).reserve()


@pytest.mark.usefixtures("plugin")
@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_a_limit_holds_over_all_runs_and_a_larger_one_goes_on(
    tmp_path, chat_server, executor, toys_importable
):
    runs = toys(*ASKING, f"executor={executor}", "sweep.calls=9")
    records = swept(runs, tmp_path)
    assert len(chat_server.requests) == 9
    stopped = [r.stop_reason for r in records if r.status == "interrupted"]
    assert stopped
    assert set(stopped) == {"sweep.calls=9 reached by all runs together"}
    more = toys(*ASKING, f"executor={executor}", "sweep.calls=24")
    assert [r.status for r in swept(more, tmp_path)] == ["finished"] * 4
    assert len(chat_server.requests) == 24  # nothing was paid twice
    unlimited = toys(*ASKING, "executor=inline")
    swept(unlimited, tmp_path / "unlimited")
    assert rows_of(sorted(tmp_path.glob("toy-*"))) == rows_of(
        sorted((tmp_path / "unlimited").glob("toy-*"))
    )


@pytest.mark.usefixtures("plugin")
def test_runs_that_ask_nobody_go_on(tmp_path, chat_server):
    reading = toys(*ASKING, "executor=inline", "sweep.calls=0")
    walking = toys("seed=0,1", "executor=inline", "sweep.calls=0")
    swept(reading + walking, tmp_path)
    assert [r.status for r in states(walking, tmp_path) if r] == ["finished"] * 2
    assert chat_server.requests == []


def test_the_command_says_that_a_limit_was_met(shell):
    command = ["run", "-m", "task=toy", "optimizer=toy_reader", "llm=mock", "seed=range(3)"]
    ended = shell(*command, "sweep.calls=4", "executor=inline", "task.tolerance=1e-9")
    assert ended.code == 1
    assert "1 run interrupted: sweep.calls=4 reached by all runs together" in ended.err
    assert "2 of 3 runs were not begun." in ended.err
    assert shell(*command, "executor=inline", "task.tolerance=1e-9").code == 0


def test_another_scheduler_leaves_calls_under_way_counted(tmp_path, plugin, monkeypatch):
    monkeypatch.setattr("trace_bench.sweep.is_driven", lambda folder: folder.path.name == driven.id)
    runs = toys("optimizer=toy_reader", "seed=0,1", "iterations=1", "sweep.calls=3")
    driven, other = runs
    till = till_of(tmp_path, name_of(runs))
    till.replace({driven.id: Taken(calls=1, under_way=1), other.id: Taken(calls=9)})
    _Sweep(name_of(runs), tmp_path, Quiet(), False, None)._prime(runs)
    with till.opened() as lines:
        assert lines.total() == Taken(calls=1, under_way=1)


def test_answers_from_a_cache_are_not_taken(tmp_path):
    request = Request((Message("user", "hi"),))
    folder = RunFolder(tmp_path / "run")
    folder.make()
    file = RecordFile(folder.path / EXCHANGES)
    list(file.read())
    file.append(Exchange("a", "x", request, Reply("", Usage(1, 1, 0.1), cached=True)))
    file.append(Exchange("b", "x", request, Reply("", Usage(2, 3, 0.2))))
    file.close()
    found = Taken.so_far(folder, [], replayed=False)
    assert (found.calls, found.tokens, found.usd) == (1, 5, 0.2)
    assert (found.dearest_tokens, found.dearest_usd) == (5, 0.2)
    assert Taken.so_far(folder, [], replayed=True) == Taken()


def test_a_resumed_run_lets_no_more_calls_go_at_once_than_before(tmp_path):
    had = Taken(calls=9, tokens=90, usd=0.9, dearest_tokens=10, dearest_usd=0.1)
    again = allowance(tmp_path, had=had, usd=1)
    again.reserve()
    with pytest.raises(SweepLimitReached):
        again.reserve()


def test_an_answer_is_kept_although_it_cannot_be_counted(tmp_path, monkeypatch):
    guard = Guard(RunFolder(tmp_path / "run"), allowance(tmp_path, calls=5))
    monkeypatch.setattr(Till, "replace", broken)
    llm = guard.watching(MockLLM())
    assert llm.complete(Request((Message("user", "hi"),))).text
    with pytest.raises(UserError, match="cannot be written"):
        llm.complete(Request((Message("user", "hi"),)))


def broken(self, taken):
    raise UserError("the file cannot be written")


def test_a_run_that_a_limit_stopped_before_its_first_answer_says_so(tmp_path, plugin):
    runs = toys("optimizer=toy_reader", "seed=0,1", "iterations=1", "sweep.calls=0")
    quiet = Quiet()
    assert sweep(runs, tmp_path, quiet) == []
    assert [said for said in quiet.said if "sweep.calls=0" in said] == [
        "sweep.calls=0 reached by all runs together. A larger limit goes on from here."
    ]
    runs = toys("optimizer=toy_reader", "seed=0", "iterations=1", "limits.calls=0")
    assert sweep(runs, tmp_path, quiet := Quiet()) == []
    assert any(said.startswith("limits.calls=0 reached") for said in quiet.said)
