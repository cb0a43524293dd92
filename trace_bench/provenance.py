"""What a number was made with: versions of packages and of this source, and the machine."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from . import __version__

GIT_TIMEOUT_S = 5.0


@cache
def versions() -> dict[str, str]:
    """Return the versions of Python, of trace-bench and of the packages it declares."""
    found = {"python": platform.python_version(), "trace-bench": __version__}
    for name in declared():
        version = _version(name)
        if version:
            found[name] = version
    return found


def declared() -> list[str]:
    """Return the packages that trace-bench names as its own or an extra's, without those of dev."""
    try:
        lines = metadata.requires("trace-bench") or []
    except metadata.PackageNotFoundError:
        return []
    names = [re.match(r"[\w.-]+", line) for line in lines if 'extra == "dev"' not in line]
    return sorted({n[0] for n in names if n} - {"trace-bench"})


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


@cache
def machine() -> dict[str, Any]:
    """Return the kind of machine; nothing that names this one."""
    return {
        "system": platform.system(),
        "architecture": platform.machine(),
        "processor": _processor(),
        "processors": os.cpu_count(),
        "memory_gib": _memory_gib(),
    }


def _processor() -> str:
    try:
        told = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor()
    found = re.search(r"^model name\s*: (.+)$", told, re.MULTILINE)
    return found[1].strip() if found else platform.processor()


def _memory_gib() -> float | None:
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # no such thing on this system
        return None
    return round(size / 2**30, 1)


@cache
def git() -> dict[str, Any] | None:
    """Return commit and dirtiness of the checkout this package is imported from.

    None for an installed package, whatever folder the user is in, and without git.
    """
    checkout = Path(__file__).resolve().parents[1]
    if not (checkout / ".git").exists():
        return None
    commit = _git(checkout, "rev-parse", "HEAD")
    changes = _git(checkout, "status", "--porcelain")
    if commit is None or changes is None:
        return None
    return {"commit": commit, "dirty": bool(changes)}


def _git(folder: Path, *arguments: str) -> str | None:
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=GIT_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
