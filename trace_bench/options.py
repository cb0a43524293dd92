"""Options and folders that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RUNS = Path("results/runs")
FIGURES = Path("results/figures")

Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the run folders.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON to stdout instead of tables.")]


def names_in(text: str) -> list[str]:
    """Return the names of an option that takes several: "mean,iqm"."""
    return [name.strip() for name in text.split(",") if name.strip()]
