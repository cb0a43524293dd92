"""Imports go down only, and the core is light."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FORBIDDEN = {
    "trace_core": ("trace_bench", "tasks", "baselines", "hydra", "torch", "typer", "pydantic"),
    "tasks": ("trace_bench", "baselines"),
    "baselines": ("trace_bench", "tasks"),
}


def imported(path):
    for item in ast.walk(ast.parse(path.read_text())):
        if isinstance(item, ast.Import):
            yield from (alias.name for alias in item.names)
        elif isinstance(item, ast.ImportFrom) and not item.level:
            yield item.module


@pytest.mark.parametrize("package", FORBIDDEN)
def test_imports_go_down_only(package):
    own = f"trace_bench.{package}"
    found = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in (ROOT / package).rglob("*.py")
        for name in imported(path)
        if name.split(".")[0] in FORBIDDEN[package] and not name.startswith(own)
    }
    assert not found


@pytest.mark.parametrize("folder", ["trace_bench", "tests", "scripts", "tasks", "baselines"])
def test_tasks_and_baselines_are_only_imported_by_their_installed_names(folder):
    wrong = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in (ROOT / folder).glob("**/*.py")
        for name in imported(path)
        if name.split(".")[0] in ("tasks", "baselines", "conf")
    }
    assert not wrong


def test_importing_the_core_loads_the_standard_library_only():
    code = (
        "import sys; before = set(sys.modules); import trace_core\n"
        "tops = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(tops - sys.stdlib_module_names))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout.strip() == "['trace_core']"
