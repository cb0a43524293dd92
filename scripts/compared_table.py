"""The table of `compare_with_trace_opt.py`, from the steps that it kept."""

from __future__ import annotations

import json
import math
import statistics
from pathlib import Path
from typing import Any

from trace_bench.inference import paired
from trace_bench.numerals import number
from trace_bench.statistics import Estimate, estimate

TRIALS = 30
"""Of each task."""
REFERENCE = "published, schema"
"""What the others are compared with, problem by problem."""


def result(out: Path, method: str, seed: int) -> Path:
    """Where a run is kept."""
    folder = "".join(c if c.isalnum() else "_" for c in method)
    return out / folder / f"{seed}.json"


def finals(out: Path, method: str) -> dict[int, float]:
    """The score after the last update, by problem; infinite where the workflow failed."""
    files = {seed: result(out, method, seed) for seed in range(TRIALS)}
    steps = {seed: json.loads(path.read_text()) for seed, path in files.items() if path.exists()}
    last = {seed: found[-1]["score"] for seed, found in steps.items()}
    return {seed: math.inf if score is None else score for seed, score in last.items()}


def summary(out: Path, method: str) -> dict[str, Any] | None:
    """A row of the table; None if nothing was run."""
    scores = finals(out, method)
    if not scores:
        return None
    files = (result(out, method, seed) for seed in scores)
    asked = [s for path in files for s in json.loads(path.read_text()) if s.get("calls")]
    usable = sum(step["usable"] for step in asked)
    theirs = finals(out, REFERENCE)
    common = sorted(scores.keys() & theirs.keys())
    difference = None
    if common and method != REFERENCE:
        a, b = [theirs[k] for k in common], [scores[k] for k in common]
        difference = interval(paired(a, b, lower_is_better=True).difference)
    return {
        "method": method,
        "problems": len(scores),
        "replies": len(asked),
        "usable_percent": 100 * usable / len(asked) if asked else None,
        "median_score": interval(estimate(list(scores.values()), "median")),
        "difference": difference,
        "seconds_a_step": statistics.median(s["seconds"] for s in asked) if asked else None,
    }


def interval(found: Estimate) -> list[float | None]:
    """Value and ends."""
    return [found.value, found.low, found.high]


def markdown(rows: list[dict[str, Any]], measure: str) -> str:
    """The table."""
    head = (
        f"| method | problems | usable replies | median {measure} "
        "| paired difference to published, schema | s a step |\n|---|--:|--:|--:|--:|--:|\n"
    )
    return head + "".join(
        f"| {row['method']} | {row['problems']} | {_percent(row)} | {_told(row['median_score'])} "
        f"| {_told(row['difference'])} | {number(row['seconds_a_step'])} |\n"
        for row in rows
    )


def _percent(row: dict[str, Any]) -> str:
    share = row["usable_percent"]
    return "–" if share is None else f"{share:.0f} % of {row['replies']}"


def _told(found: list[float | None] | None) -> str:
    if found is None:
        return "–"
    value, low, high = found
    ends = "" if low is None else f" [{number(low)}, {number(high)}]"
    return f"{number(value)}{ends}"
