"""Write the command line's own help into docs/cli.md, or check that it is there: --check."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "cli.md"
INTRODUCTION = "Pasted by `python scripts/cli_help.py`, which `make check` repeats and compares."
COLUMNS = "100"


def main() -> int:
    """Write the page; with --check, say whether it is up to date."""
    text = page()
    if sys.argv[1:] != ["--check"]:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.read_text(encoding="utf-8") == text:
        return 0
    print("docs/cli.md is not what --help prints: run python scripts/cli_help.py", file=sys.stderr)
    return 1


def page() -> str:
    """The help of the program and of each of its commands, as Markdown."""
    parts = ["# The command line", INTRODUCTION, _block(help_of())]
    for command in commands():
        parts += [f"## trace-bench {' '.join(command)}", _block(help_of(*command))]
    return "\n\n".join(parts) + "\n"


def commands() -> list[tuple[str, ...]]:
    """All commands and sub-commands, in the order of the help."""
    import typer

    from trace_bench.cli import app

    found: list[tuple[str, ...]] = []

    def walk(group: dict[str, object], path: tuple[str, ...]) -> None:
        for name, command in group.items():
            found.append((*path, name))
            walk(getattr(command, "commands", {}), (*path, name))

    walk(typer.main.get_group(app).commands, ())
    return found


def help_of(*command: str) -> str:
    """What `trace-bench COMMAND --help` prints on a terminal without colours."""
    shown = subprocess.run(
        [sys.executable, "-m", "trace_bench", *command, "--help"],
        env=os.environ | {"COLUMNS": COLUMNS, "TERMINAL_WIDTH": COLUMNS, "NO_COLOR": "1"},
        check=True,
        capture_output=True,
        text=True,
    )
    lines = shown.stdout.replace("python -m trace_bench", "trace-bench").splitlines()
    return "\n".join(line.rstrip() for line in lines).strip()


def _block(text: str) -> str:
    return f"```text\n{text}\n```"


if __name__ == "__main__":
    sys.exit(main())
