"""Measure the LLM layer against a server on loopback.

    python scripts/bench_llm.py [--rounds 3] [--runs 64] [--calls 10] [--stall 60] [--json]

* Waits overlap: so many runs in one process, each with its own client and record, against a server
  that answers in 1 s. The promise is 1.2 × the time of one run.
* Faults change nothing: a sweep against a server that fails a fifth of its calls (storms of 429,
  half-closed sockets, 500s, garbage, stalls) ends with the steps of an undisturbed one.
* What the layer costs: a call by a recorder beside its server, with and without the cache.
* Ctrl-C: how long threads that wait for an answer take to end.

The server is `tests/chat_server.py` in a process of its own. Medians of `--rounds`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests import chat_server  # noqa: E402
from tests.chat_server import ChatServer  # noqa: E402
from trace_core.llm import (  # noqa: E402
    AnswerCache,
    Message,
    OpenAIClient,
    Recorder,
    Request,
    cancellable,
)

KEY = "sk-loopback-bench"
FAULTY = 0.2


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--runs", type=int, default=64)
    arguments.add_argument("--calls", type=int, default=10)
    arguments.add_argument("--latency", type=float, default=1.0, metavar="SECONDS")
    arguments.add_argument("--stall", type=float, default=60.0, metavar="SECONDS")
    arguments.add_argument("--json", action="store_true")
    asked = arguments.parse_args()
    figures = {
        **overlap(asked.rounds, asked.runs, asked.calls, asked.latency),
        **costs(asked.rounds),
        **cancellation(asked.rounds),
        **faults(asked.stall),
    }
    if asked.json:
        print(json.dumps(figures))
        return
    for what, value in figures.items():
        print(f"{what:58} {value:10.3f}")


def overlap(rounds: int, runs: int, calls: int, latency_s: float) -> dict[str, float]:
    """Time one run and many in threads, each run a client and a record of its own."""
    with served(latency_s), tempfile.TemporaryDirectory() as folder:
        timed(lambda: together(1, 1, Path(folder)))  # imports
        one = statistics.median(
            timed(lambda: together(1, calls, Path(folder))) for _ in range(rounds)
        )
        many = statistics.median(
            timed(lambda: together(runs, calls, Path(folder))) for _ in range(rounds)
        )
    return {
        f"1 run of {calls} calls that take {latency_s:g} s (s)": one,
        f"{runs} such runs in one process (s)": many,
        f"ratio of {runs} runs to 1": many / one,
    }


def together(runs: int, calls: int, folder: Path) -> None:
    """Drive so many runs at the same time."""
    with ThreadPoolExecutor(runs) as pool:
        for _ in pool.map(lambda seed: one_run(seed, calls, folder), range(runs)):
            pass


def one_run(seed: int, calls: int, folder: Path, cache: AnswerCache | None = None) -> list[str]:
    """Ask `calls` questions, one after the other, and record the answers."""
    path = folder / f"{time.monotonic_ns()}-{seed}.jsonl"
    with closing(Recorder(OpenAIClient(), path, seed=seed, cache=cache)) as recorder:
        return [recorder.complete(question(i)).text for i in range(calls)]


def costs(rounds: int) -> dict[str, float]:
    """What a call costs beside the server: answered at once, from the record, from the cache."""
    n = 200
    found: dict[str, float] = {}
    with served(0.0), tempfile.TemporaryDirectory() as folder:
        path, shared = Path(folder) / "llm.jsonl", Path(folder) / "answers.sqlite"
        ways = {
            "a call, answered at once (ms)": lambda: ask(n, None, None),
            "a call with record and cache (ms)": lambda: ask(n, fresh(path), fresh(shared)),
            "an answer from the record (ms)": lambda: ask(n, path, None),
            "an answer from the cache (ms)": lambda: ask(n, None, shared),
        }
        for what, way in ways.items():
            found[what] = statistics.median(timed(way) for _ in range(rounds)) / n * 1000
    return found


def ask(n: int, path: Path | None, shared: Path | None) -> None:
    """Ask so many questions."""
    cache = AnswerCache(shared) if shared else None
    with closing(Recorder(OpenAIClient(), path, cache=cache)) as recorder:
        for i in range(n):
            recorder.complete(question(i))


def fresh(path: Path) -> Path:
    """The path, without what an earlier round left there."""
    for left in path.parent.glob(f"{path.name}*"):
        left.unlink()
    return path


def cancellation(rounds: int) -> dict[str, float]:
    """How long 64 threads that wait for answers take to end when they are called off."""
    with served(30.0):
        slowest = statistics.median(called_off(64) for _ in range(rounds))
    return {"64 waiting threads end after Ctrl-C (s)": slowest}


def called_off(n: int) -> float:
    """Call off `n` waits once all have begun; return when the last has ended."""
    begun = threading.Semaphore(0)

    def wait(seed: int) -> None:
        with closing(Recorder(OpenAIClient(), seed=seed)) as recorder:
            begun.release()
            try:
                recorder.complete(question(0))
            except KeyboardInterrupt:
                return
            raise AssertionError("the wait was not called off")

    with cancellable() as cancel, ThreadPoolExecutor(n) as pool:
        waits = [pool.submit(wait, seed) for seed in range(n)]
        for _ in waits:
            begun.acquire()
        time.sleep(1.0)
        started = time.perf_counter()
        cancel()
        for ended in waits:
            ended.result()
        return time.perf_counter() - started


def faults(stall_s: float) -> dict[str, float]:
    """Run a sweep against a server that fails a fifth of its calls; the steps must not differ."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        with ChatServer(key=KEY) as server:
            calm = timed(lambda: sweep(server, here / "calm"))
            undisturbed = len(server.requests)
        with ChatServer(key=KEY, otherwise=troubled(stall_s)) as server:
            troubled_s = timed(lambda: sweep(server, here / "troubled"))
            attempts = len(server.requests)
        same = steps(here / "calm") == steps(here / "troubled")
    if not same:
        raise SystemExit("faults changed the results of the sweep")
    return {
        "calls of the sweep without faults": undisturbed,
        "calls with faults": attempts,
        "of them failed (%)": 100 * (attempts - undisturbed) / attempts,
        "the sweep without faults (s)": calm,
        "the sweep with faults, same steps (s)": troubled_s,
    }


def sweep(server: ChatServer, out: Path) -> None:
    """A sweep as a user runs it; time-outs are short, so that stalls cost seconds."""
    words = ["optimizer=optoprime", "llm=openai", "seed=range(20)", "llm.timeout_s=2"]
    command = [sys.executable, "-m", "trace_bench", "run", "-m", *words, "--out", str(out)]
    where = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": KEY}
    subprocess.run(command, env=os.environ | where, check=True, capture_output=True)


def steps(out: Path) -> dict[str, list[Any]]:
    """What the runs did, without times and numbers of attempts."""
    found = {}
    for path in sorted(out.glob("*/steps.jsonl")):
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        found[path.parent.name] = [
            {k: v for k, v in row.items() if k not in ("seconds", "llm")} for row in rows
        ]
    return found


def troubled(stall_s: float) -> chat_server.Behaviour:
    """A server whose calls fail now and then, with a storm of 429 among the failures."""
    rng, storm = random.Random(0), [0]
    kinds: list[Any] = [
        chat_server.rate_limited("0.1"),
        chat_server.server_error(500, "0"),
        chat_server.server_error(503, "0"),
        chat_server.cut_short(),
        chat_server.dropped(),
        chat_server.malformed(),
        chat_server.malformed(b"<html>busy</html>"),
        chat_server.stalled(stall_s),
    ]

    def behave(body: dict[str, Any]) -> chat_server.Answer:
        if storm[0]:
            storm[0] -= 1
            return chat_server.rate_limited("0.05")
        if rng.random() > FAULTY:
            return chat_server.filled(body)
        storm[0] = 3 if rng.random() < 0.1 else 0
        kind = rng.choice(kinds)
        return kind if isinstance(kind, chat_server.Answer) else kind(body)

    return behave


@contextmanager
def served(latency_s: float) -> Iterator[None]:
    """A chat server in a process of its own, where OpenAIClient finds it."""
    script = str(ROOT / "tests" / "chat_server.py")
    command = [sys.executable, script, "--key", KEY, "--latency", str(latency_s)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            os.environ["OPENAI_BASE_URL"] = server.stdout.readline().strip()
            os.environ["OPENAI_API_KEY"] = KEY
            yield
        finally:
            server.kill()


def question(number: int) -> Request:
    """One that asks for JSON, of the size that OptoPrime's have."""
    schema = {
        "type": "object",
        "properties": {"reasoning": {"type": "string"}, "x": {"type": "number"}},
        "required": ["reasoning", "x"],
        "additionalProperties": False,
    }
    messages = (Message("system", "word " * 500), Message("user", f"question {number}"))
    return Request(messages, schema)


def timed(action: Callable[[], Any]) -> float:
    """Seconds that an action takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
