"""The 27 files of BIG-Bench Hard: which there are, where they lie, how they are fetched."""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from trace_core import UserError

from .example import Example

HOME = "https://raw.githubusercontent.com/suzgunmirac/BIG-Bench-Hard/main/bbh"
"""Where Suzgun et al. (2023) publish them, under the MIT licence."""
VARIABLE = "TRACE_BENCH_BBH"
"""Environment variable with the folder of a local copy."""
HOW = "`trace-bench data fetch bbh` gets the data; task.data_dir=DIR names a folder that has it."


@dataclass(frozen=True, slots=True)
class File:
    """A subset as it is published.

    Attributes:
        group: "nlp" or "algorithmic".
        size: bytes.
    """

    name: str
    group: str
    sha256: str
    size: int


@cache
def files() -> Mapping[str, File]:
    """All subsets by name."""
    text = (resources.files(__package__) / "files.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {r["name"]: File(r["name"], r["group"], r["sha256"], int(r["bytes"])) for r in rows}


def folder(data_dir: str | None) -> Path:
    """Where the files are: the setting, else the variable, else the user's cache."""
    chosen = data_dir or os.environ.get(VARIABLE, "").strip()
    if chosen:
        return Path(chosen).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("trace-bench") / "bbh"


def read(file: File, where: Path) -> list[Example]:
    """The examples of a subset, in the order of the file.

    Raises:
        UserError: the file is not there, or is another one.
    """
    path = where / f"{file.name}.json"
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise UserError(f"There is no {path}. {HOW}") from None
    except OSError as error:
        raise UserError(f"Cannot read {path}: {error.strerror}. {HOW}") from None
    found = hashlib.sha256(content).hexdigest()
    if found != file.sha256:
        raise UserError(
            f"{path} is damaged or another version: its SHA-256 is {found[:12]}…, not "
            f"{file.sha256[:12]}…. Delete it, then `trace-bench data fetch bbh`."
        )
    listed = json.loads(content)["examples"]
    return [Example(i, each["input"], each["target"]) for i, each in enumerate(listed)]


def fetch(where: Path, source: str | None, tell: Callable[[str], None]) -> None:
    """Download what is missing or damaged, and check everything.

    Args:
        where: folder of the files.
        source: address of the folder to fetch from; None is `HOME`.
        tell: told after each file how far it is.

    Raises:
        UserError: a file cannot be had. What is there already is kept for the next time.
    """
    from trace_core.llm._fetch import fetch as fetch_file

    for i, file in enumerate(files().values(), start=1):
        path = where / f"{file.name}.json"
        done = "was here"
        if not _is_whole(file, path):
            url = f"{(source or HOME).rstrip('/')}/{path.name}"
            path.unlink(missing_ok=True)
            fetch_file(url, path, sha256=file.sha256, size=file.size, instead="task.data_dir=DIR")
            done = "fetched"
        tell(f"{i} of {len(files())}: {path.name} {done}")


def _is_whole(file: File, path: Path) -> bool:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256
    except OSError:
        return False
