"""Disturb sweeps at random moments, start them once more, and see that nothing is lost or doubled.

    python scripts/chaos.py [--rounds 50] [--seed 0] [--kind NAME ...]

Each round begins a sweep (four optimizers, two of which ask an LLM on loopback) as real processes
and disturbs it: `kill -9` of the scheduler or of a worker, a scheduler that freezes and wakes up
after another has taken over its run, a full disk, a server that is gone for ten seconds, clocks
that jump. Then the same command is given once more. It must succeed, and every row must equal the
undisturbed sweep's, apart from times. Prints a table; exit code 1 if anything was lost or doubled.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.chat_server import ChatServer  # noqa: E402
from trace_bench.claims import latest  # noqa: E402

SWEEP = [
    *("run", "-m", "task=numerical", "optimizer=optoprime,opro,random_search,pso", "llm=openai"),
    *("seed=range(3)", "iterations=8", "task.tolerance=1e-9", "sweep.pause_s=4"),
]
EXECUTORS = (
    ["executor=inline"],
    ["executor=threads", "executor.workers=4"],
    ["executor=processes", "executor.workers=2"],
)
LATENCY_S = 0.02
OUTAGE_S = 10.0
DISK_BYTES = 200_000
PATIENCE_S = 300.0
ELSEWHERE = """
from trace_bench import claims
claims.machine = lambda: "another machine"
claims.BEAT_S = 0.3
"""
JUMPS = """
import os, random, time
now, touch, years = time.time, os.utime, 10 * 365 * 86400
def jump(): return now() + random.uniform(-years, years)
time.time = jump
def touch_at_any_time(path, *args, **how):
    touch(path, *args, **how) if args or how else touch(path, (jump(), jump()))
os.utime = touch_at_any_time
from trace_bench import claims
claims.BEAT_S = 0.05
"""
MAIN = "from trace_bench.cli import main; main()"


@dataclass
class Stage:
    """Where a round takes place."""

    out: Path
    server: ChatServer
    rng: random.Random
    rows: int
    executor: list[str]
    kills: int = 0
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, before: str = "", limit: int | None = None) -> subprocess.Popen[str]:
        """Begin the sweep, after some lines of Python, with files no larger than `limit`."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("OPENAI_")}
        where = {"OPENAI_BASE_URL": self.server.url, "OPENAI_API_KEY": self.server.key or "none"}
        command = [sys.executable, "-c", before + MAIN, *SWEEP, *self.executor]
        self.processes.append(
            subprocess.Popen(
                [*command, "--out", str(self.out)],
                env=kept | where,
                cwd=ROOT,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                preexec_fn=lambda: _limit_files(limit),
            )
        )
        return self.processes[-1]

    def wait_for_rows(self, process: subprocess.Popen[str], count: int) -> bool:
        """Wait for so many rows in all; False if the process ended before."""
        deadline = time.monotonic() + PATIENCE_S
        while self.rows_so_far() < count:
            if process.poll() is not None:
                return False
            assert time.monotonic() < deadline, "it makes no progress"
            time.sleep(0.003)
        return True

    def rows_so_far(self) -> int:
        """How many rows there are in all; 0 while a folder without any goes away."""
        try:
            return sum(map(len, rows_of(self.out).values()))
        except FileNotFoundError:
            return 0

    def wait_for_a_moment(self, process: subprocess.Popen[str]) -> bool:
        """Wait for a random moment of the sweep, its very beginning among them."""
        going = self.wait_for_rows(process, self.rng.randrange(self.rows))
        time.sleep(self.rng.random() * 0.05)
        return going

    def end(self, process: subprocess.Popen[str]) -> tuple[int, str]:
        """Wait for the process; return its exit code and what it said."""
        _, said = process.communicate(timeout=PATIENCE_S)
        return process.returncode, said

    def tidy(self) -> None:
        """End whatever a failed round has left."""
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.communicate()


def killed_scheduler(stage: Stage) -> None:
    """Kill the scheduler, twice in a row every other time."""
    for _ in range(stage.rng.choice((1, 2))):
        process = stage.start()
        stage.wait_for_a_moment(process)
        process.kill()
        stage.end(process)
        stage.kills += 1


def killed_worker(stage: Stage) -> None:
    """Kill workers; the scheduler goes on."""
    stage.executor = EXECUTORS[2]
    process = stage.start()
    for _ in range(2):
        stage.wait_for_a_moment(process)
        workers = {h.pid for p in stage.out.glob("*") if (h := latest(p)) and not h.is_free()}
        for pid in sorted(workers - {process.pid, os.getpid()})[:1]:
            os.kill(pid, signal.SIGKILL)
            stage.kills += 1
    code, said = stage.end(process)
    assert code == 0, said


def zombie(stage: Stage) -> None:
    """Freeze a scheduler on another machine, let ours take over, and wake it up again."""
    stage.executor = EXECUTORS[0]
    frozen = stage.start(ELSEWHERE)
    if not stage.wait_for_a_moment(frozen):
        return
    frozen.send_signal(signal.SIGSTOP)
    stage.kills += 1
    successor = stage.start()
    early = stage.rng.random() < 0.5
    if early:  # it wakes up while its run is driven by the other
        stage.wait_for_a_moment(successor)
        frozen.send_signal(signal.SIGCONT)
    code, said = stage.end(successor)
    assert code == 0, said
    frozen.send_signal(signal.SIGCONT)
    code, said = stage.end(frozen)
    assert code == 0, said


def two_schedulers(stage: Stage) -> None:
    """Kill one of two that share the work."""
    first, second = stage.start(), stage.start()
    stage.wait_for_a_moment(first)
    first.kill()
    stage.end(first)
    stage.kills += 1
    code, said = stage.end(second)
    assert code == 0, said


def full_disk(stage: Stage) -> None:
    """Meet a full disk: a small file system, or a small limit of file sizes without the right."""
    stage.executor = EXECUTORS[stage.rng.randrange(2)]
    with small_disk(stage.out) as is_small:
        limit = None if is_small else DISK_BYTES // 20
        code, said = stage.end(stage.start(limit=limit))
        assert code == 2, (code, said)
        assert "Traceback" not in said, said
        assert "Free space" in said, said
        stage.kills += 1
        if is_small:
            run("mount", "-o", "remount,size=50M", str(stage.out))
        code, said = stage.end(stage.start())
        assert code == 0, said
        saved = stage.out.with_name("saved")
        shutil.copytree(stage.out, saved)
    shutil.copytree(saved, stage.out, dirs_exist_ok=True)
    shutil.rmtree(saved)


def dead_server(stage: Stage) -> None:
    """Take the server away for ten seconds."""
    process = stage.start()
    if not stage.wait_for_a_moment(process):
        return
    port, asked = int(stage.server.url.split(":")[2].split("/")[0]), stage.server.requests
    stage.server.stop()
    time.sleep(OUTAGE_S)
    stage.server = ChatServer(port=port, latency_s=LATENCY_S)
    stage.server.requests = asked
    stage.server.__enter__()
    stage.kills += 1
    code, said = stage.end(process)
    assert code == 0, said


def jumping_clocks(stage: Stage) -> None:
    """Let the clocks of two schedulers jump by years all the time."""
    first, second = stage.start(JUMPS), stage.start(JUMPS)
    stage.kills += 1
    for process in (first, second):
        code, said = stage.end(process)
        assert code == 0, said


KINDS: dict[str, Callable[[Stage], None]] = {
    "kill -9 scheduler": killed_scheduler,
    "kill -9 worker": killed_worker,
    "zombie": zombie,
    "kill -9 of one of two": two_schedulers,
    "full disk": full_disk,
    "server gone 10 s": dead_server,
    "clocks jump": jumping_clocks,
}
SHARES = (6, 3, 3, 2, 1, 1, 1)
"""Most rounds are kills."""


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Put a file system of few bytes there; yield False if that is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        run("mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder))
    except (OSError, subprocess.CalledProcessError):
        yield False
        return
    try:
        yield True
    finally:
        run("umount", str(folder))


def run(*command: str) -> None:
    """Run a command that must succeed."""
    subprocess.run(command, check=True, capture_output=True)


def rows_of(out: Path) -> dict[str, list[dict[str, Any]]]:
    """The rows of every run that are whole, without times and cache flags."""
    return {
        path.parent.name: [timeless(json.loads(line)) for line in path.read_text().split("\n")[:-1]]
        for path in sorted(out.glob("[!.]*/steps.jsonl"))
    }


def timeless(value: Any) -> Any:
    """Data without what a clock wrote, or a resumption."""
    if isinstance(value, dict):
        left_out = ("seconds", "cached", "retries")
        return {k: timeless(v) for k, v in value.items() if k not in left_out}
    return [timeless(v) for v in value] if isinstance(value, list) else value


def doubled(out: Path) -> int:
    """Answers that stand twice in a run's record."""
    count = 0
    for path in out.glob("[!.]*/llm.jsonl"):
        keys = Counter(json.loads(line)["key"] for line in path.read_text().splitlines())
        count += sum(n - 1 for n in keys.values())
    return count


def one_round(
    kind: str, number: int, seed: int, unbroken: dict[str, Any], whole: int, folder: Path
) -> dict[str, float]:
    """Disturb, start once more, compare; raise if anything differs."""
    rng = random.Random(f"{seed} {number}")
    out = folder / f"round{number}"
    server = ChatServer(latency_s=LATENCY_S)
    server.__enter__()
    rows = sum(map(len, unbroken.values()))
    stage = Stage(out, server, rng, rows, list(EXECUTORS[number % len(EXECUTORS)]))
    started = time.monotonic()
    try:
        KINDS[kind](stage)
        code, said = stage.end(stage.start())
        assert code == 0, said
        assert rows_of(out) == unbroken, "the results differ"
        records = [json.loads(p.read_text()) for p in out.glob("[!.]*/run.json")]
        assert {record["status"] for record in records} == {"finished"}
        assert doubled(out) == 0, "answers were recorded twice"
        assert not list(out.glob(".sweeps")), "something is left"
        extra = len(stage.server.requests) - whole
    finally:
        stage.tidy()
        stage.server.stop()
        shutil.rmtree(out, ignore_errors=True)
    return {"disturbed": stage.kills, "extra": extra, "seconds": time.monotonic() - started}


def undisturbed(folder: Path) -> tuple[dict[str, Any], int]:
    """The rows of a sweep that nobody disturbs, and how many calls it took."""
    with ChatServer(latency_s=LATENCY_S) as server:
        stage = Stage(folder / "unbroken", server, random.Random(0), 0, list(EXECUTORS[0]))
        code, said = stage.end(stage.start())
        assert code == 0, said
        return rows_of(stage.out), len(server.requests)


def kinds_of(rounds: int, seed: int, wanted: list[str]) -> list[str]:
    """One of each, then at random by their shares."""
    chosen = wanted or list(KINDS)
    shares = [share for kind, share in zip(KINDS, SHARES, strict=True) if kind in chosen]
    rng = random.Random(seed)
    return (chosen + rng.choices(chosen, shares, k=rounds))[:rounds]


def main() -> int:
    """Run the rounds and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kind", action="append", choices=list(KINDS), default=[])
    asked = parser.parse_args()
    table: dict[str, list[dict[str, float]]] = {}
    failures = 0
    with tempfile.TemporaryDirectory(prefix="chaos-") as name:
        unbroken, whole = undisturbed(Path(name))
        rows = sum(map(len, unbroken.values()))
        print(f"a sweep: {len(unbroken)} runs, {rows} rows, {whole} calls", flush=True)
        for number, kind in enumerate(kinds_of(asked.rounds, asked.seed, asked.kind)):
            try:
                figures = one_round(kind, number, asked.seed, unbroken, whole, Path(name))
                table.setdefault(kind, []).append(figures)
            except (AssertionError, subprocess.TimeoutExpired) as error:
                failures += 1
                print(f"round {number}, {kind}: {error!r}"[:2000], flush=True)
    show(table)
    print(f"{asked.rounds - failures} of {asked.rounds} rounds as undisturbed, {failures} not")
    return 1 if failures else 0


def show(table: dict[str, list[dict[str, float]]]) -> None:
    """Print one line a kind."""
    print(f"{'':24}{'rounds':>8}{'disturbed':>11}{'calls asked twice':>19}{'seconds a round':>17}")
    for kind, rounds in table.items():
        sums = {name: sum(figures[name] for figures in rounds) for name in rounds[0]}
        line = f"{kind:24}{len(rounds):8}{sums['disturbed']:11.0f}{sums['extra']:19.0f}"
        print(f"{line}{sums['seconds'] / len(rounds):17.1f}")


def _limit_files(limit: int | None) -> None:
    if limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


if __name__ == "__main__":
    sys.exit(main())
