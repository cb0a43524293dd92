import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from trace_bench import claims
from trace_bench.claims import Busy, Watch, claim, latest
from trace_bench.store import RunFolder

from .test_rows import row

HOLD = """
import sys, time
from pathlib import Path
from trace_bench.claims import claim
kept = claim(Path(sys.argv[1]))
print(kept.epoch, flush=True)
time.sleep(60)
"""


@pytest.fixture
def elsewhere(monkeypatch):
    """Make claims as another machine would, whose kernel knows nothing of our locks."""

    def make(folder, beat_s=0.02):
        with monkeypatch.context() as patch:
            patch.setattr(claims, "machine", lambda: "another")
            return claim(folder, beat_s)

    return make


def frozen(kept):
    """The owner gives no sign of life any more, as a stopped process."""
    claims._heart.remove(kept)
    return kept


def until_silent(folder) -> claims.Holder:
    watch = Watch()
    while not watch.is_silent(holder := latest(folder)):
        time.sleep(0.01)
    return holder


def test_one_at_a_time(tmp_path):
    kept = claim(tmp_path)
    with pytest.raises(Busy, match=f"by another process .*pid {os.getpid()}"):
        claim(tmp_path)
    kept.release()
    again = claim(tmp_path)
    assert again.epoch == 2
    assert again.holds()
    again.release()
    assert [path.name for path in tmp_path.iterdir()] == [".claim.2"]


def test_of_many_that_want_a_run_at_once_one_gets_it(tmp_path):
    def attempt(_):
        try:
            return claim(tmp_path)
        except Busy:
            return None

    for _ in range(20):
        with ThreadPoolExecutor(8) as pool:
            won = [kept for kept in pool.map(attempt, range(8)) if kept]
        assert len(won) <= 1
        for kept in won:
            assert kept.holds()
            kept.release()
    claim(tmp_path).release()


def test_the_claim_of_a_killed_process_is_free_at_once(tmp_path):
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "1\n"
        with pytest.raises(Busy):
            claim(tmp_path)
        process.kill()
    kept = claim(tmp_path)
    assert kept.epoch == 2
    kept.release()


def test_an_owner_on_another_machine_is_believed_as_long_as_it_gives_signs_of_life(
    tmp_path, elsewhere
):
    kept = elsewhere(tmp_path, beat_s=0.2)
    watch, end = Watch(), time.monotonic() + 2.0
    while time.monotonic() < end:
        assert not watch.is_silent(latest(tmp_path))
        time.sleep(0.1)
    with pytest.raises(Busy):
        claim(tmp_path)
    kept.release()
    claim(tmp_path).release()


def test_a_silent_owner_is_taken_over_from_and_fenced(tmp_path, elsewhere):
    zombie = frozen(elsewhere(tmp_path))
    assert zombie.holds()
    successor = claim(tmp_path, silent=until_silent(tmp_path))
    assert successor.holds()
    assert not zombie.holds()
    successor.release()
    claim(tmp_path).release()
    assert not zombie.holds()
    zombie.release()


def test_the_time_of_day_has_no_say(tmp_path, elsewhere):
    kept = frozen(elsewhere(tmp_path, beat_s=60))
    watch = Watch()
    for stamp_s in (1, 4_000_000_000, 1_000_000_000):  # the clock of that machine jumps about
        os.utime(latest(tmp_path).path, (stamp_s, stamp_s))
        assert not watch.is_silent(latest(tmp_path))
    kept.release()


def test_only_one_takes_over(tmp_path, elsewhere):
    zombie = frozen(elsewhere(tmp_path))
    silent = until_silent(tmp_path)
    first = claim(tmp_path, silent=silent)
    with pytest.raises(Busy):
        claim(tmp_path, silent=silent)
    first.release()
    with pytest.raises(Busy):  # what it knew of the former owner is of no use any more
        claim(tmp_path, silent=silent)
    claim(tmp_path).release()
    zombie.release()


def test_a_run_without_locks_is_kept_by_signs_of_life(tmp_path, monkeypatch):
    def none(file, what):
        raise OSError(37, "No locks available")

    monkeypatch.setattr("trace_bench.claims.fcntl.flock", none)
    kept = frozen(claim(tmp_path, 0.02))
    with pytest.raises(Busy):
        claim(tmp_path)
    claim(tmp_path, silent=until_silent(tmp_path)).release()
    assert not kept.holds()
    kept.release()


def test_a_damaged_claim_is_waited_for(tmp_path):
    (tmp_path / ".claim.7").write_text("{")
    with pytest.raises(Busy, match="an unknown host"):
        claim(tmp_path)
    kept = claim(tmp_path, silent=latest(tmp_path))
    assert kept.epoch == 8
    kept.release()


def test_a_claim_says_whose_it_is(tmp_path):
    kept = claim(tmp_path)
    owner = json.loads((tmp_path / ".claim.1").read_text())
    assert owner["pid"] == os.getpid()
    assert owner["machine"] == claims.machine()
    kept.release()
    assert latest(tmp_path).is_released


def test_a_zombie_appends_nothing(tmp_path, elsewhere, monkeypatch):
    """It wakes up between its look at the claim and its write, which no look can prevent."""
    zombie, successor = RunFolder(tmp_path / "run"), RunFolder(tmp_path / "run")
    with monkeypatch.context() as patch:
        patch.setattr(claims, "machine", lambda: "another")
        held = zombie.claimed(beat_s=0.02)
        held.__enter__()
    claims._heart.remove(zombie._claim)
    with zombie.appending() as steps:
        steps.add(row(0))
        with successor.claimed(silent=until_silent(successor.path)):
            with pytest.raises(claims.ClaimLost):
                steps.add(row(1))
            with pytest.raises(claims.ClaimLost):
                zombie.write_traceback("late")
            monkeypatch.setattr(zombie._claim, "holds", lambda: True)
            steps.add(row(1))
            assert len(successor.rows()) == 1
            monkeypatch.undo()
    with pytest.raises(claims.ClaimLost):
        zombie.require_claim()
    held.__exit__(None, None, None)
    assert len(successor.rows()) == 1
