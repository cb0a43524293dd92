"""What `trace-bench replays list|check|pack` print."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from trace_core import UserError

from . import recordings
from .cli import DONE, SOME_FAILED
from .numerals import ranges
from .recordings import Recording
from .terminal import messages, print_json, results


def list_command(path: Path | None, as_json: bool) -> None:
    """Print which runs are recorded."""
    kinds = recordings.by_kind(recordings.recordings(path))
    if as_json:
        print_json([_plain(found) for found in kinds.values()])
        return
    if not kinds:
        messages().print("There are no recordings. `trace-bench replays pack` makes one.")
        return
    from rich.table import Table

    table = Table(title="recordings, answered with llm=replay", title_justify="left")
    for heading in ("file", "llm", "task", "optimizer", "seeds", "updates", "answers"):
        table.add_column(heading, overflow="fold")
    for found in kinds.values():
        table.add_row(*(str(value) for value in _plain(found).values()))
    results().print(table)


def _plain(found: Sequence[Recording]) -> dict[str, Any]:
    """What recordings have in common that differ in seed and settings only."""
    first = found[0]
    return {
        "file": str(first.path),
        "llm": f"{first.llm}{', not a model' if first.description['mock'] else ''}",
        "task": first.config["task"]["name"],
        "optimizer": first.config["optimizer"]["name"],
        "seeds": ranges(r.config["seed"] for r in found),
        "updates": ranges(r.config["iterations"] for r in found),
        "answers": recordings.answers(found),
    }


def check_command(path: Path | None, as_json: bool) -> int:
    """Read every recording whole, and say which runs the present code would make otherwise."""
    found = list(recordings.recordings(path))
    stale = {f"{r.path}: {r.description['id']}": why for r in found if (why := recordings.stale(r))}
    if as_json:
        print_json({"runs": len(found), "stale": stale})
    else:
        for run, why in stale.items():
            results().print(f"stale: {run}: {why}", soft_wrap=True)
        calls = recordings.answers(found)
        results().print(f"{len(found)} recorded runs, {calls} answers, {len(stale)} stale.")
    return SOME_FAILED if stale else DONE


def pack_command(
    out: Path, file: Path, select: str | None, as_json: bool, *, replace: bool
) -> None:
    """Write a recording and say what is in it."""
    if file.exists() and not replace:
        raise UserError(f"{file} is there already: choose another name, or --replace it.")
    runs, answers, left_out = recordings.pack(out, file, select)
    if as_json:
        print_json({"file": str(file), "runs": runs, "answers": answers, "unfinished": left_out})
        return
    print(f"{file}: {runs} runs, {answers} answers, {file.stat().st_size:,} bytes")
    if left_out:
        messages().print(f"{left_out} unfinished runs were left out.")
