"""The command line's groups of commands: `data` and `replays`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import Json

data = typer.Typer(no_args_is_help=True, help="Data that tasks need and no package brings.")
replays = typer.Typer(
    no_args_is_help=True, help="Recorded answers of LLMs: what there is, and making more."
)
Recordings = Annotated[
    Path | None, typer.Argument(metavar="[PATH]", help="A recording, or a folder of some.")
]


@replays.command("list")
def replays_list(path: Recordings = None, json: Json = False) -> None:
    """List which runs can be answered with llm=replay, offline."""
    from .replays_command import list_command

    list_command(path, json)


@replays.command("check")
def replays_check(path: Recordings = None, json: Json = False) -> None:
    """Read recordings whole, and say which runs the present code would make otherwise.

    Exit code 1 if there are such runs: their tasks or optimizers have changed since.
    """
    from .replays_command import check_command

    raise typer.Exit(check_command(path, json))


@replays.command("pack")
def replays_pack(
    runs: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the run folders.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What to write: *.jsonl.gz.")],
    select: Annotated[
        str | None, typer.Option(metavar="KEY=VALUE[,…]", help="Only runs with these settings.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Write over a file that is there already.")
    ] = False,
    json: Json = False,
) -> None:
    """Make a recording from the finished runs in a folder.

    \b
      trace-bench replays pack results/runs results/replays/mine.jsonl.gz
      trace-bench replays pack results/runs qwen.jsonl.gz --select task=numerical,llm=local
    """  # noqa: D301
    from .replays_command import pack_command

    pack_command(runs, file, select, json, replace=replace)


@data.command()
def fetch(
    name: Annotated[str, typer.Argument(metavar="TASK", help="Whose data, for instance bbh.")],
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="URL", help="Another place that has the same files."),
    ] = None,
) -> None:
    """Download the data of a task once, into the user's cache, and check every file.

    What is here is left alone, a damaged file is replaced, an interrupted download goes on.
    """
    from .commands import fetch_command

    fetch_command(name, source)
