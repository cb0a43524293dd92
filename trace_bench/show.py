"""`trace-bench show`: a run, and what was said in one of its steps."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from trace_core import UserError

from .numerals import number
from .record import Ledger, RunRecord
from .rows import Row
from .store import RunFolder

CLIP = 60
"""Characters of a value in the table of steps."""


def find(name: str, out: Path) -> RunFolder:
    """Return a run by its folder, or by a part of its name that no other run below `out` has.

    Raises:
        UserError: there is none, or more than one.
    """
    if RunFolder(Path(name)).record():
        return RunFolder(Path(name))
    candidates = sorted(out.iterdir()) if out.is_dir() else []
    found = [p for p in candidates if name in p.name and RunFolder(p).record()]
    exact = [p for p in found if p.name == name]
    if len(exact or found) == 1:
        return RunFolder((exact or found)[0])
    if found:
        some = ", ".join(p.name for p in found[:3])
        raise UserError(f"{name!r} is part of {len(found)} runs: {some}, … Give more of the name.")
    raise UserError(f"There is no run {name!r} in {out}. Give its folder, or --out DIR.")


def require_record(folder: RunFolder) -> RunRecord:
    """Return the record of a folder that has one."""
    record = folder.record()
    if record is None:
        raise UserError(f"{folder.path} is no run folder.")
    return record


def pick(rows: Sequence[Row], iteration: int, folder: RunFolder) -> Row:
    """Return one row.

    Raises:
        UserError: the run has not come that far.
    """
    if not 0 <= iteration < len(rows):
        last = f"0 to {len(rows) - 1}" if rows else "none"
        raise UserError(f"{folder.path} has no step {iteration}; it has {last}.")
    return rows[iteration]


def show_run(folder: RunFolder, record: RunRecord, rows: Sequence[Row], console: Console) -> None:
    """Print what the run is, how it stands, what it took, and its steps."""
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="bold")
    for name, value in _facts(folder, record, rows):
        facts.add_row(name, Text(value))
    console.print(facts)
    console.print(_steps(record, rows))
    console.print("`--step N` shows the prompt, the reply and the update of one iteration.")


def _facts(folder: RunFolder, record: RunRecord, rows: Sequence[Row]) -> Iterator[tuple[str, str]]:
    ended = f" ({record.stop_reason})" if record.stop_reason else ""
    if record.status == "running":
        ended = ", or killed: then the same command resumes it"
    yield "run", str(folder.path)
    yield "status", record.status + ended
    if record.error:
        yield "error", record.error
    for group in ("task", "optimizer", "llm"):
        if record.config[group]:
            yield group, _config(record.config[group])
    if record.llm:
        notes = {"not a model": record.mock, "replayed from a recording": record.replayed}
        where = f"{record.llm} at {record.server}" if record.server else record.llm
        yield "answered by", ", ".join([where, *(n for n, true in notes.items() if true)])
    yield "seed", str(record.seed)
    yield "metric", f"{record.metric} ({'lower' if record.lower_is_better else 'higher'} is better)"
    yield "result", _metrics(record)
    ledger = Ledger.of(rows) if record.status == "running" else record.ledger
    yield "took", _ledger(ledger)
    if ledger.events:
        yield "replies", ", ".join(f"{n} {event}" for event, n in sorted(ledger.events.items()))
    yield "made by", ", ".join(f"{k} {v}" for k, v in record.versions.items())
    yield "source", _source(record.git)
    yield "time", f"{record.started} to {record.finished or 'now'}"


def _config(config: Mapping[str, Any]) -> str:
    settings = [f"{k}={json.dumps(v)}" for k, v in config.items() if k not in ("name", "kind")]
    return " ".join([str(config["name"]), *settings])


def _metrics(record: RunRecord) -> str:
    found = record.metrics
    parts = {"final": found.final, "best": found.best, "calibrated": found.calibrated}
    texts = [f"{k} {number(v)}" for k, v in {**parts, **found.held_out}.items()]
    texts += [] if found.solved_at is None else [f"solved at iteration {found.solved_at}"]
    return ", ".join(texts)


def _ledger(ledger: Ledger) -> str:
    parts = [f"{ledger.iterations} updates", f"{ledger.seconds:.3g} s"]
    if ledger.calls:
        parts.append(f"{ledger.calls} LLM calls ({ledger.cached} of them from the record)")
        parts.append(f"{_known(ledger.prompt_tokens)} + {_known(ledger.completion_tokens)} tokens")
        if ledger.drifted:
            parts.append(f"{ledger.drifted} prompts had drifted from the recording")
        parts.append("unknown price" if ledger.usd is None else f"{ledger.usd:.4f} USD")
    return ", ".join(parts)


def _known(value: int | None) -> str:
    return "unknown" if value is None else f"{value:,}"


def _source(git: Mapping[str, Any] | None) -> str:
    if git is None:
        return "no commit known"
    return f"commit {git['commit'][:12]}{' with changes' if git['dirty'] else ''}"


def _steps(record: RunRecord, rows: Sequence[Row]) -> Table:
    metrics = sorted({name for row in rows for name in row.metrics})
    table = Table(show_edge=False)
    for heading in ("iteration", "score", *metrics):
        table.add_column(heading, justify="right")
    table.add_column("parameters", overflow="fold")
    table.add_column("feedback", overflow="fold")
    for row in rows:
        held_out = [number(row.metrics.get(name)) for name in metrics]
        cells = [str(row.iteration), number(row.score), *held_out]
        table.add_row(*cells, Text(_values(row.parameters)), Text(_clip(row.feedback)))
    return table


def _values(parameters: Mapping[str, Any]) -> str:
    return _clip(", ".join(f"{k}={json.dumps(v)}" for k, v in parameters.items()))


def _clip(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= CLIP else f"{line[: CLIP - 1]}…"


def show_step(row: Row, console: Console) -> None:
    """Print everything about one iteration."""
    score = number(row.score)
    console.print(f"iteration {row.iteration}: score {score}, {row.seconds:.3g} s", style="bold")
    _panel(console, "parameters", json.dumps(row.parameters, indent=2, ensure_ascii=False))
    _panel(console, "feedback", row.feedback)
    for exchange in row.llm.exchanges:
        for message in exchange["request"]["messages"]:
            _panel(console, f"prompt, {message['role']}", message["content"])
        cached = ", from the record" if exchange["reply"]["cached"] else ""
        _panel(console, f"reply of {exchange['llm']}{cached}", exchange["reply"]["text"])
    if row.update:
        _panel(console, "update", json.dumps(row.update, indent=2, ensure_ascii=False))


def _panel(console: Console, title: str, text: str) -> None:
    console.print(Panel(Text(text), title=title, title_align="left"))
