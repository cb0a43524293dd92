"""Drive the command line end to end, as a user would, with the mocked LLM and a loopback server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CLI = [sys.executable, "-m", "trace_bench"]


def main() -> int:
    """Run every command once; raises if one does not do what it should."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        words = ["experiment=demo", "llm=mock", "--limit", "2"]
        sweep = ["run", *words, "--out", str(here / "runs"), "--json"]
        first, again = trace_bench(*sweep), trace_bench(*sweep)
        assert rows(first) == rows(again), "the same command gave another result"
        assert any("mock" in json.dumps(row) for row in rows(first)), "the mock is not labelled"
        draw(here)
        look(here)
        refuse(here)
        with_a_server(here)
    print(
        "smoke: run, resume, plot, report, show, list, doctor, refusals and a chat server all work"
    )
    return 0


def trace_bench(*words: str, code: int = 0, **environment: str) -> str:
    """Run the command; it must end with the exit code `code` and print no traceback."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("OPENAI_")} | environment
    done = subprocess.run([*CLI, *words], capture_output=True, text=True, env=env, check=False)
    assert done.returncode == code, f"{words} ended with {done.returncode}: {done.stderr}"
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout if code == 0 else done.stderr


def rows(document: str) -> list[dict[str, object]]:
    """The table of `run --json`, without what a clock wrote."""
    table = json.loads(document)["summary"]
    return [{k: v for k, v in row.items() if k != "seconds"} for row in table]


def draw(here: Path) -> None:
    """Plot, and see that pictures came out."""
    trace_bench("plot", str(here / "runs"), "--out", str(here / "figures"))
    made = {path.suffix for path in (here / "figures").iterdir()}
    assert made == {".png", ".svg", ".pdf"}, made
    trace_bench("report", str(here / "runs"), "--out", str(here / "report.html"))
    assert "optoprime" in (here / "report.html").read_text()


def look(here: Path) -> None:
    """The commands that only look."""
    for what in ("tasks", "optimizers", "llms", "experiments"):
        trace_bench("list", what)
    trace_bench("list", "--matrix")
    trace_bench("doctor")
    run = next((here / "runs").glob("*optoprime*"))
    assert "#Variables" in trace_bench("show", str(run), "--step", "1")


def refuse(here: Path) -> None:
    """Mistakes get one line that says what to do."""
    openai = ["optimizer=optoprime", "llm=openai"]  # without a key
    for words in (["task=numercal"], ["optimizer.lrr=1"], ["seed=x"], openai):
        message = trace_bench("run", *words, "--out", str(here / "none"), code=2)
        assert len(message.strip().splitlines()) == 1, message
    left = [path for path in (here / "none").rglob("*") if path.is_file()]
    assert not left, f"a refused run left something behind: {left}"


def with_a_server(here: Path) -> None:
    """A run against a server that speaks the OpenAI protocol, found through the environment."""
    command = [sys.executable, str(ROOT / "tests" / "chat_server.py"), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            url = server.stdout.readline().split()[-1]
            words = ["run", "optimizer=optoprime", "iterations=2", "--out", str(here / "server")]
            trace_bench(*words, OPENAI_BASE_URL=url, OPENAI_API_KEY="none")
        finally:
            server.terminate()
    (run,) = (here / "server").iterdir()
    step = json.loads((run / "steps.jsonl").read_text().splitlines()[0])
    exchange = step["llm"]["exchanges"][0]
    assert exchange["reply"], exchange
    assert step["update"]["suggestion"], step


if __name__ == "__main__":
    sys.exit(main())
