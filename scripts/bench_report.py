"""Measure the report on many runs: how long reading and writing take, how soon the page is open.

    python scripts/bench_report.py [--runs 1000] [--steps 50] [--keep DIR] [--json]

Runs are made up, of four tasks and five methods, with prompts and traces of usual size. The
promises for 1,000 runs of 50 steps: written in 20 s within 1 GiB, open in Chromium in 2 s (where
chromium and chromedriver are installed; else that figure is left out).
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from trace_bench.plan import run_id
from trace_bench.record import SCHEMA, Ledger, Metrics, RunRecord
from trace_bench.rows import LLMUse, Row
from trace_bench.store import RunFolder
from trace_bench.traces import TraceWriter, names_in_reports
from trace_core import Drawing, draw, node
from trace_core.llm import Exchange, Message, Reply, Request, Usage

TASKS = ("numerical", "traffic", "made_up_a", "made_up_b")
METHODS = ("optoprime", "opro", "adam", "random_search", "gp")
WITH_LLM = ("optoprime", "opro")
PROMPT = "#Instruction\n" + "Change the values of the variables. " * 40


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--runs", type=int, default=1000)
    arguments.add_argument("--steps", type=int, default=50)
    arguments.add_argument("--keep", type=Path)
    arguments.add_argument("--json", action="store_true")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.keep or Path(temporary)
        figures = measure(folder, asked.runs, asked.steps)
    if asked.json:
        print(json.dumps(figures))
        return
    for what, value in figures.items():
        print(f"{what:45} {value:10.2f}")


def measure(folder: Path, runs: int, steps: int) -> dict[str, float]:
    """Make runs, write their report in a process of its own, open it; return the figures."""
    if not (folder / "runs").exists():
        make(folder / "runs", runs, steps)
    started = time.perf_counter()
    command = [sys.executable, "-m", "trace_bench", "report", str(folder / "runs")]
    subprocess.run([*command, "--out", str(folder / "report.html")], check=True, stdout=-3)
    seconds = time.perf_counter() - started
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    page = (folder / "report.html").stat().st_size / 1e6
    beside = sum(path.stat().st_size for path in (folder / "report-data").glob("*")) / 1e6
    return {
        "reading and writing (s)": seconds,
        "of these the processor's (s)": used.ru_utime + used.ru_stime,
        "most memory (MiB)": used.ru_maxrss / 1024,
        "the page (MB)": page,
        "beside it (MB)": beside,
        **opened(folder / "report.html"),
    }


def opened(page: Path) -> dict[str, float]:
    """Open the page in headless Chromium, three times; the median of what a person waits for."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and driver):
        return {}
    return {
        "from start to the first figure (s)": float(np.median([_first(page) for _ in range(3)])),
        "from a click to a step of a run (s)": float(np.median([_step(page) for _ in range(3)])),
    }


def _browser(profile: str) -> Any:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    flags = (
        "headless",
        "no-sandbox",
        "disable-gpu",
        "disable-background-networking",
        "no-first-run",
    )
    for flag in (*flags, f"user-data-dir={profile}"):
        options.add_argument(f"--{flag}")
    return webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))


def _first(page: Path) -> float:
    with tempfile.TemporaryDirectory() as profile:
        browser = _browser(profile)
        try:
            started = time.perf_counter()
            browser.get(page.as_uri())
            _wait(browser, "svg.chart .line")
            return time.perf_counter() - started
        finally:
            browser.quit()


def _step(page: Path) -> float:
    with tempfile.TemporaryDirectory() as profile:
        browser = _browser(profile)
        try:
            browser.get(f"{page.as_uri()}#/runs")
            (link, *_) = _wait(browser, "td a")
            started = time.perf_counter()
            href = link.get_attribute("href")
            browser.execute_script("location.hash = arguments[0]", f"{href.split('#')[1]}/step/3")
            _wait(browser, ".trace svg rect")
            return time.perf_counter() - started
        finally:
            browser.quit()


def _wait(browser: Any, css: str) -> Any:
    end = time.perf_counter() + 60
    while time.perf_counter() < end:
        if found := browser.find_elements("css selector", css):
            return found
    raise TimeoutError(css)


def make(out: Path, runs: int, steps: int) -> None:
    """Write made-up runs: as many seeds of every task and method as there must be."""
    traces = _traces(steps)
    groups = [(task, method) for task in TASKS for method in METHODS]
    for k in range(runs):
        task, method = groups[k % len(groups)]
        _write(out, task, method, k // len(groups), steps, traces)


def _traces(steps: int) -> list[Drawing]:
    found = []
    for k in range(steps):
        x = node(0.1 * k, name="x", trainable=True)
        y = ((x * x + 3) * (x - 2)) / 7 + x
        found.append(draw(y, names=names_in_reports(y)))
    return found


def _write(out: Path, task: str, method: str, seed: int, steps: int, traces: list[Drawing]) -> None:
    llm = {"name": "made up"} if method in WITH_LLM else None
    config = {
        "task": {"name": task, "kind": task},
        "optimizer": {"name": method, "kind": method},
        "llm": llm,
        "seed": seed,
        "iterations": steps - 1,
    }
    folder = RunFolder(out / run_id(config))
    folder.path.mkdir(parents=True)
    rows = list(_rows(seed, steps, with_llm=llm is not None))
    with (folder.path / "steps.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(row.line() for row in rows)
    with (folder.path / "traces.jsonl").open("w", encoding="utf-8") as file:
        writer = TraceWriter(file)
        for k, trace in enumerate(traces):
            writer.add(k, trace)
    folder.write(
        RunRecord(
            schema=SCHEMA,
            id=folder.path.name,
            status="finished",
            task=task,
            optimizer=method,
            llm=None if llm is None else "made up, no model",
            mock=llm is not None,
            seed=seed,
            metric="made up",
            lower_is_better=True,
            config=config,
            versions={"python": "3.11"},
            git=None,
            metrics=Metrics(final=rows[-1].score, best=rows[-1].score, calibrated=0.5),
            ledger=Ledger.of(rows),
            started="2026-01-01T00:00:00+00:00",
        )
    )


def _rows(seed: int, steps: int, *, with_llm: bool) -> Iterator[Row]:
    rng = np.random.default_rng(seed)
    for k in range(steps):
        use = LLMUse.of([_exchange(k)]) if with_llm else LLMUse()
        yield Row(
            iteration=k,
            score=float(rng.lognormal(-k / steps)),
            metrics={"held_out": float(rng.normal())},
            feedback="The output needs to be larger.",
            error=None,
            parameters={"x": 0.1 * k},
            update={"suggestion": {"x": 0.1}},
            llm=use,
            seconds=0.01,
        )


def _exchange(k: int) -> Exchange:
    messages = (Message("system", "You tune variables."), Message("user", f"{PROMPT}{k}"))
    reply = Reply('{"suggestion": {"x": 0.1}}', Usage(400, 20, 0.001), "stop", seconds=0.5)
    return Exchange(str(k), "made up", Request(messages), reply)


if __name__ == "__main__":
    main()
