"""The example of docs/extending.md, as another package that is installed."""

import re
import tomllib
from pathlib import Path

from .conftest import open_shell

PAGE = Path(__file__).parents[2] / "docs" / "extending.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


def installed(folder: Path) -> None:
    """Write the page's package into a folder for sys.path, as pip would."""
    task, _, optimizer = blocks("python")
    package = folder / "my_package"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "thermostat.py").write_text(task, "utf-8")
    (package / "halving.py").write_text(optimizer, "utf-8")
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
    ended = shell(
        "run", "-m", "task=thermostat", "optimizer=halving,random_search", "task.loss=3.0"
    )
    assert ended.code == 0, ended.err
    records = shell("export", "steps.csv")
    assert "22 rows" in records.out + records.err
    text = (tmp_path / "steps.csv").read_text("utf-8")
    assert "Too cold." in text
    assert "thermostat" in text
