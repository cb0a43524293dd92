"""The toy plugin, and the command line as a user meets it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.trace_bench import toy_plugin
from trace_bench import registry

CLI = [sys.executable, "-c", "from trace_bench.cli import main; main()"]


@pytest.fixture(scope="session")
def toys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for sys.path, as if the toys had been installed with pip."""
    folder = tmp_path_factory.mktemp("site")
    toy_plugin.install(folder)
    return folder


@pytest.fixture
def plugin(toys: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The toys are installed in this process."""
    monkeypatch.syspath_prepend(str(toys))
    registry.plugins.cache_clear()
    yield
    registry.plugins.cache_clear()
    sys.modules.pop("toy_plugin", None)


@pytest.fixture
def toys_importable(toys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The toys are installed in the processes that this one starts, too."""
    paths = [str(toys), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))


@dataclass(frozen=True)
class Ended:
    """What a user sees after a command."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)

    def one_line(self) -> str:
        """The user error that this must be: exit code 2, one line, no traceback, no table."""
        assert self.code == 2, self
        assert self.out == ""
        assert self.err.count("\n") == 1, self.err
        assert self.err.startswith("trace-bench: ")
        return self.err.strip()


@dataclass
class Shell:
    """Runs the command line in a folder of its own, in processes of its own."""

    folder: Path
    environment: dict[str, str]

    def __call__(self, *arguments: str, timeout: float = 180, **environment: str) -> Ended:
        with self.start(*arguments, **environment) as process:
            out, err = process.communicate(timeout=timeout)
        return Ended(process.returncode, out, err)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*CLI, *arguments],
            cwd=self.folder,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A test run that ignores SIGINT (a background job) must not pass that on.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler) and None,
        )

    def runs(self, out: str = "results/runs") -> list[Path]:
        there = self.folder / out
        return sorted(there.glob("[!.]*")) if there.is_dir() else []

    def statuses(self) -> list[str]:
        """Of the runs that have begun; one that was only claimed has no record yet."""
        records = [run / "run.json" for run in self.runs()]
        return [json.loads(r.read_text())["status"] for r in records if r.exists()]


@pytest.fixture
def shell(tmp_path: Path, toys: Path) -> Shell:
    """The command line with the toys installed, no LLM set up, and nothing in the folder."""
    return open_shell(tmp_path, toys)


def open_shell(folder: Path, toys: Path) -> Shell:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("OPENAI_", "COLUMNS"))}
    paths = os.pathsep.join(filter(None, [str(toys), kept.get("PYTHONPATH")]))
    return Shell(folder, kept | {"PYTHONPATH": paths, "NO_COLOR": "1"})


def rows_of(runs: list[Path]) -> dict[str, Any]:
    """The rows of every run without times and retries, which are the machine's."""
    texts = {run.name: (run / "steps.jsonl").read_text(encoding="utf-8") for run in runs}
    return {
        name: [_timeless(json.loads(line)) for line in text.splitlines()]
        for name, text in texts.items()
    }


OF_THE_MACHINE = frozenset({"seconds", "cached", "retries"})


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _timeless(v) for k, v in value.items() if k not in OF_THE_MACHINE}
    return [_timeless(v) for v in value] if isinstance(value, list) else value
