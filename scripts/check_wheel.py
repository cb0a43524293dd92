"""Build the wheel, install it into an empty environment, and use it in an empty folder.

Dependencies are borrowed from this environment: only what the wheel itself holds is under test.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Check one freshly built wheel; raises if anything is amiss."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        wheel = build(here)
        check_contents(wheel)
        python = install(wheel, here / "env")
        empty = here / "empty"
        empty.mkdir()
        use(python, empty)
    print("the wheel is whole: a run in an empty folder finished")
    return 0


def build(folder: Path) -> Path:
    """The wheel of this source tree."""
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (wheel,) = folder.glob("*.whl")
    return wheel


def check_contents(wheel: Path) -> None:
    """Only the two packages, with tasks, baselines and configuration as real files inside."""
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert top == {"trace_core", "trace_bench"}, top
    for needed in (
        "trace_bench/conf/config.yaml",
        "trace_bench/conf/task/numerical.yaml",
        "trace_bench/reference/curves.csv",
        "trace_bench/tasks/bbh/files.csv",
        "trace_bench/tasks/numerical/task.py",
        "trace_bench/baselines/adam.py",
        "trace_bench/replays/README.md",
        "trace_bench/report/assets/page.html.j2",
        "trace_bench/report/assets/style.css",
        "trace_core/llm/prices.csv",
        "trace_core/py.typed",
    ):
        assert needed in names, f"{needed} is not in the wheel"


def install(wheel: Path, target: Path) -> Path:
    """A new environment with nothing but the wheel; it sees our dependencies by a path file."""
    venv.create(target, with_pip=True)
    python = target / "bin" / "python"
    command = [python, "-m", "pip", "install", "-q", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(command, check=True)
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    # Appended to sys.path, so the wheel's own packages come first.
    Path(site, "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def use(python: Path, folder: Path) -> None:
    """Run something small in `folder`, and see that our code came from the wheel."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}

    def run(*command: str) -> str:
        done = subprocess.run(
            [str(part) for part in (python, *command)],
            cwd=folder,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    origin = run("-c", "import trace_bench; print(trace_bench.__file__)").strip()
    assert str(folder.parent) in origin, f"not the wheel's package: {origin}"
    run("-m", "trace_bench", "run", "optimizer=random_search", "iterations=2")
    assert list((folder / "results" / "runs").glob("*/run.json"))


if __name__ == "__main__":
    sys.exit(main())
