"""Writes the page, and the data of runs beside it or into it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from trace_core import UserError

from .library import Entry, Library
from .overview import Overview
from .run_data import details

EMBEDDED = 5_000_000
"""Bytes of all runs' data up to which they are in the page itself: one file to send."""
SCRIPTS = ("dom", "format", "chart", "diff", "overview", "runs", "run", "step", "main")
FILE_NAME = re.compile(r"[^\w.-]")


def write(runs: Path, file: Path, figures: Path | None = None) -> list[Path]:
    """Write the report of a folder of run folders; return the page, and the folder beside it.

    Args:
        runs: the folder of the run folders.
        file: the page, "….html".
        figures: where `reproduce` wrote figures that no run folder holds; None for none.

    Raises:
        UserError: there are no runs, or the file cannot be written.
    """
    library = Library(runs)
    library.refresh()
    if not library.entries and not library.left_out:
        raise UserError(f"There are no runs in {runs}. `trace-bench run` makes some.")
    overview = Overview(library, figures).as_json()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_name(f"{file.stem}-data")
        embedded = _embedded(library, beside)
        page = render(overview, embedded, data="" if embedded else beside.name)
        file.write_text(page, encoding="utf-8")
    except OSError as error:
        raise UserError(f"Cannot write {file}: {error.strerror}. Choose another --out.") from error
    return [file] if embedded else [file, beside]


def render(
    overview: Mapping[str, Any],
    embedded: Mapping[str, str],
    *,
    data: str = "",
    live: bool = False,
) -> str:
    """Return the page.

    Args:
        overview: see `Overview`.
        embedded: the data of runs that are in the page, by id.
        data: the folder of the others, relative to the page.
        live: whether it is served, and should look for changes.
    """
    scripts = "\n".join(_asset(f"{name}.js") for name in SCRIPTS)
    whole = f'(() => {{\n"use strict";\n{scripts}}})();\n'
    page = _environment().get_template("page.html.j2")
    return page.render(
        policy=_policy(whole),
        title=f"trace-bench: {overview['folder']}",
        style=Markup(_asset("style.css")),
        script=Markup(whole),
        overview=in_script(json.dumps(overview, ensure_ascii=False, allow_nan=False)),
        settings=in_script(json.dumps({"data": data, "live": live})),
        embedded={key: in_script(text) for key, text in embedded.items()},
    )


def _policy(code: str) -> str:
    """What the browser lets the page do: run its own code, load the runs beside it, no more."""
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}' 'self' file:; connect-src 'self'; "
        "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    )


def script(entry: Entry) -> str:
    """Return a run's data as a script: a page opened from a disk may load nothing else."""
    return f"traceBench.receive({json.dumps(entry.record.id)},{details(entry)})\n"


def file_name(run: str) -> str:
    """Return what the file of a run's data is called."""
    return f"{FILE_NAME.sub('_', run)}.js"


def in_script(text: str) -> Markup:
    """Return JSON as it may stand between script tags, whatever an LLM has written into it."""
    return Markup(text.replace("<", "\\u003c"))


def _embedded(library: Library, beside: Path) -> dict[str, str]:
    """Return the runs' data if they are few, else write them to a folder and return nothing."""
    found: dict[str, str] = {}
    size = 0
    entries = iter(library.entries.values())
    for entry in entries:
        found[entry.record.id] = details(entry)
        size += len(found[entry.record.id])
        if size > EMBEDDED:
            _write_all(library, beside)
            return {}
    _clear(beside)
    return found


def _write_all(library: Library, beside: Path) -> None:
    _clear(beside)
    beside.mkdir(exist_ok=True)
    for entry in library.entries.values():
        name = file_name(entry.record.id)
        (beside / name).write_text(script(entry), encoding="utf-8", errors="replace")


def _clear(beside: Path) -> None:
    """Remove the data of an earlier report."""
    for path in _scripts(beside):
        path.unlink()
    if beside.is_dir() and not any(beside.iterdir()):
        beside.rmdir()


def _scripts(beside: Path) -> Iterator[Path]:
    return beside.glob("*.js") if beside.is_dir() else iter(())


@cache
def _environment() -> Environment:
    return Environment(
        loader=FunctionLoader(_asset),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )


@cache
def _asset(name: str) -> str:
    return (resources.files(__package__) / "assets" / name).read_text(encoding="utf-8")
