"""The example of docs/extending.md, as another package that is installed."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from .conftest import open_shell

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "extending.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


def installed(folder: Path) -> None:
    """Write the page's package into a folder for sys.path, as pip would."""
    task, _, optimizer, _ = blocks("python")
    package = folder / "my_package"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "thermostat.py").write_text(task, "utf-8")
    (package / "walk.py").write_text(optimizer, "utf-8")
    (declared,) = (tomllib.loads(text)["project"]["entry-points"] for text in blocks("toml"))
    lines = []
    for group, points in declared.items():
        lines += [f"[{group}]", *(f"{name} = {target}" for name, target in points.items())]
    information = folder / "my_package-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: my_package\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("\n".join(lines), "utf-8")


def test_a_package_brings_a_task_and_an_optimizer(tmp_path):
    installed(tmp_path / "site")
    shell = open_shell(tmp_path, tmp_path / "site")
    ended = shell("run", "-m", "task=thermostat", "optimizer=walk,random_search", "task.loss=3.0")
    assert ended.code == 0, ended.err
    records = shell("export", "steps.csv")
    assert "22 rows" in records.out + records.err
    text = (tmp_path / "steps.csv").read_text("utf-8")
    assert "Too cold." in text
    assert "thermostat" in text


def test_the_page_s_task_and_optimizer_keep_the_contracts(tmp_path):
    """In files as the page has them, but in the package, for they are not in this repository."""
    installed(tmp_path)
    tests = [text for text in blocks("python") if "Contract" in text]
    for i, text in enumerate(tests):
        text = re.sub(r"trace_bench\.(tasks|baselines)\.", "my_package.", text)
        (tmp_path / f"test_{i}.py").write_text(text, "utf-8")
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "--rootdir",
            tmp_path,
            ".",
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert len(tests) == 2
    assert "failed" not in done.stdout
