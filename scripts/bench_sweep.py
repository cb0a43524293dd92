"""Measure what sweeps take: in processes, in threads, and of thousands of runs.

    python scripts/bench_sweep.py [--rounds 3] [--seeds 20] [--only NAME ...]

Alternatives take turns, so that what else the machine does meets both; ratios of medians are what
counts. The promises: 20 seeds of `traffic` in processes at least 1.8 times as fast on two cores; 64
runs that wait 1 s for each answer in at most 1.2 times the time of one, and 10 MiB each; at most
10 ms of scheduling a run; 10,000 runs planned, listed and half-resumed in 10 s.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.trace_bench import toy_plugin  # noqa: E402

CLI = [sys.executable, "-c", "from trace_bench.cli import main; main()"]
LATENCY_S = 1.0
MANY = 64


def command(words: Sequence[str], out: Path, **environment: str) -> tuple[float, float]:
    """Run the command line; return its seconds and its largest memory in MiB."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [*CLI, *words, "--out", str(out)],
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr
    said = process.stderr.read().decode()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    assert process.returncode == 0, said
    return time.perf_counter() - started, used.ru_maxrss / 1024


def in_turns(ways: dict[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """The median of each way; they take turns."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            times[name].append(way())
    for name, found in times.items():
        print(f"    {name}: {', '.join(f'{seconds:.1f}' for seconds in found)} s", flush=True)
    return {name: statistics.median(found) for name, found in times.items()}


@contextmanager
def folder() -> Iterator[Path]:
    """An empty folder."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        yield Path(name)


def traffic(rounds: int, seeds: int) -> None:
    """Simulations in processes and one after the other."""
    words = ["run", "-m", "task=traffic", "optimizer=random_search", "iterations=1"]
    words.append(f"seed=range({seeds})")

    def way(executor: str) -> float:
        with folder() as out:
            return command([*words, f"executor={executor}"], out)[0]

    names = ("inline", "processes")
    found = in_turns({name: partial(way, name) for name in names}, rounds)
    print(f"traffic x {seeds} seeds: inline {found['inline']:.1f} s, processes ", end="")
    print(f"{found['processes']:.1f} s: {found['inline'] / found['processes']:.2f} times as fast")


def waiting(rounds: int) -> None:
    """Runs that wait for an LLM, in threads."""
    words = ["run", "-m", "optimizer=optoprime", "llm=openai", "task.tolerance=1e-9"]
    words += ["iterations=10", "executor=threads", "task.seeds=null"]
    memory: dict[int, float] = {}

    def way(count: int) -> float:
        with folder() as out, server() as environment:
            seconds, memory[count] = command(
                [*words, f"seed=range({count})", f"executor.workers={count}"], out, **environment
            )
            return seconds

    found = in_turns({"1": lambda: way(1), str(MANY): lambda: way(MANY)}, rounds)
    print(
        f"10 answers of {LATENCY_S:g} s: 1 run {found['1']:.1f} s, {MANY} runs in threads ", end=""
    )
    print(f"{found[str(MANY)]:.1f} s: {found[str(MANY)] / found['1']:.2f} times as long")
    each = (memory[MANY] - memory[1]) / (MANY - 1)
    print(f"memory: 1 run {memory[1]:.0f} MiB, {MANY} runs {memory[MANY]:.0f} MiB: {each:.1f} each")


@contextmanager
def server() -> Iterator[dict[str, str]]:
    """A chat server in a process of its own."""
    program = [sys.executable, str(ROOT / "tests/chat_server.py"), "--latency", str(LATENCY_S)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = process.stdout.readline().strip()
        try:
            yield {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "none"}
        finally:
            process.terminate()


def tiny(rounds: int, count: int = 1000) -> None:
    """A thousand runs of nothing: what a sweep takes beyond driving each by hand."""
    with folder() as site:
        toy_plugin.install(site / "toys")
        sys.path.insert(0, str(site / "toys"))
        ways = {
            executor or "by hand": partial(_tiny, executor, count)
            for executor in ("", "inline", "threads", "processes")
        }
        cpu: dict[str, float] = {}

        def measured(name: str) -> float:
            begun = time.process_time()
            seconds = ways[name]()
            cpu[name] = time.process_time() - begun
            return seconds

        found = in_turns({name: partial(measured, name) for name in ways}, rounds)
    for name, seconds in found.items():
        more = (seconds - found["by hand"]) / count * 1000
        print(
            f"tiny runs, {name}: {seconds / count * 1000:.1f} ms each, {more:+.1f} by scheduling, "
        )
        print(f"    processor time of this process {cpu[name] / count * 1000:.1f} ms each")


def _tiny(executor: str, count: int) -> float:
    from tests.trace_bench.quiet import Quiet
    from trace_bench.plan import plan
    from trace_bench.runner import execute
    from trace_bench.store import RunFolder
    from trace_bench.sweep import sweep

    words = ["task=toy", "optimizer=toy_walk", "iterations=0", f"executor={executor or 'inline'}"]
    runs = plan([*words, f"seed=range({count})"], multirun=True)
    with folder() as out:
        started = time.perf_counter()
        if executor:
            sweep(runs, out, Quiet())
        else:
            for run in runs:
                execute(run, RunFolder(out / run.id))
        return time.perf_counter() - started


def thousands(rounds: int) -> None:
    """Ten thousand runs, half of them finished, planned and listed."""
    words = ["run", "-m", "task=toy", "optimizer=toy_walk", "seed=range(10000)"]
    with folder() as here:
        toy_plugin.install(here / "toys")
        environment = {"PYTHONPATH": str(here / "toys")}
        out = here / "runs"
        command([*words[:-1], "seed=0"], out, **environment)
        ids = [run["id"] for run in dry(words, here / "none", environment)]
        _finish(out, ids[:5000], words, environment)
        times = {
            "dry run": lambda: command([*words, "--dry-run"], out, **environment)[0],
            "status": lambda: _status(out, environment),
        }
        found = in_turns(times, rounds)
    print(f"10,000 runs, half finished: planned and listed {found['dry run']:.1f} s, ", end="")
    print(f"status {found['status']:.1f} s")


def dry(words: Sequence[str], out: Path, environment: dict[str, str]) -> list[dict[str, object]]:
    """What `--dry-run --json` says."""
    done = subprocess.run(
        [*CLI, *words, "--dry-run", "--json", "--out", str(out)],
        env=os.environ | environment,
        capture_output=True,
        check=True,
    )
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


def _finish(out: Path, ids: Sequence[object], words: Sequence[str], env: dict[str, str]) -> None:
    """Copy a finished run under other names."""
    configs = {run["id"]: run["config"] for run in dry(words, out, env)}
    (first,) = out.iterdir()
    record = json.loads((first / "run.json").read_text())
    for name in ids:
        if name == first.name:
            continue
        shutil.copytree(first, out / str(name))
        changed = record | {"id": name, "config": configs[name]}
        (out / str(name) / "run.json").write_text(json.dumps(changed))


def _status(out: Path, environment: dict[str, str]) -> float:
    started = time.perf_counter()
    env = os.environ | environment
    subprocess.run([*CLI, "status", str(out)], env=env, capture_output=True, check=True)
    return time.perf_counter() - started


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=20)
    names = ("traffic", "waiting", "tiny", "thousands")
    parser.add_argument("--only", action="append", choices=names, default=[])
    asked = parser.parse_args()
    chosen = asked.only or names
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    if "traffic" in chosen:
        traffic(asked.rounds, asked.seeds)
    if "waiting" in chosen:
        waiting(asked.rounds)
    if "tiny" in chosen:
        tiny(asked.rounds)
    if "thousands" in chosen:
        thousands(asked.rounds)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
