"""`trace-bench doctor`: can this machine run what one wants to run?"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from trace_core import UserError

from . import llms, provenance, registry, sandboxes

OLDEST_PYTHON = (3, 11)


@dataclass(frozen=True, slots=True)
class Check:
    """One line.

    Attributes:
        ok: whether all is well; None for a fact that is neither good nor bad.
        meaning: what follows from it, or what to do.
    """

    what: str
    ok: bool | None
    found: str
    meaning: str

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def examine(out: Path) -> list[Check]:
    """Look at everything. Nothing is changed and no secret is read out."""
    return [_python(), *_extras(), *_registered(), *_llm(), _folder(out), *_sandboxes()]


def _python() -> Check:
    ok = tuple(map(int, platform.python_version_tuple()[:2])) >= OLDEST_PYTHON
    versions = provenance.versions()
    return Check(
        "python", ok, f"{versions['python']}, trace-bench {versions['trace-bench']}", "needs 3.11"
    )


def _extras() -> Iterator[Check]:
    """One line an extra of pyproject.toml: which of its packages are here."""
    lines = metadata.requires("trace-bench") or []
    extras = metadata.metadata("trace-bench").get_all("Provides-Extra") or []
    for extra in (None, *(e for e in extras if e not in ("dev", "all"))):
        names = [_package(line) for line in lines if _extra(line) == extra]
        missing = [name for name in names if name not in provenance.versions()]
        found = ", ".join(f"{n} {provenance.versions().get(n, 'missing')}" for n in names)
        command = f"pip install 'trace-bench{f'[{extra}]' if extra else ''}'"
        what = f"extra {extra}" if extra else "packages"
        yield Check(what, not missing, found, command if missing else "complete")


def _package(requirement: str) -> str:
    found = re.match(r"[\w.-]+", requirement)
    return found[0] if found else requirement


def _extra(requirement: str) -> str | None:
    found = re.search(r"extra == ['\"]([\w.-]+)['\"]", requirement)
    return found[1] if found else None


def _registered() -> Iterator[Check]:
    """One line a task or optimizer that cannot be loaded, and one that counts the others."""
    for group in registry.MODULES:
        names = registry.names(group)
        broken = {name: why for name in names if (why := _why_broken(group, name))}
        good = [name for name in names if name not in broken]
        yield Check(f"{group}s", not broken, ", ".join(good), f"usable with {group}=NAME")
        for name, why in broken.items():
            yield Check(f"{group} {name}", False, "cannot be loaded", why)


def _why_broken(group: str, name: str) -> str | None:
    try:
        registry.load(group, str(registry.config(group, name)["kind"]))
    except UserError as error:
        return str(error)
    return None


def _llm() -> Iterator[Check]:
    key = bool(os.environ.get("OPENAI_API_KEY"))
    yield Check(
        "OPENAI_API_KEY",
        None,
        "set" if key else "not set",
        "llm=openai can be used" if key else "llm=openai needs it; the other LLMs do not",
    )
    url = os.environ.get("OPENAI_BASE_URL")
    meaning = "any server that speaks the OpenAI chat protocol"
    yield Check("OPENAI_BASE_URL", None, _host(url) if url else "not set: OpenAI's own", meaning)
    for what, ok, found, follows in llms.checks():
        yield Check(what, ok, found, follows)


def _host(url: str) -> str:
    """Leave out what may be a secret: https://user:secret@host/v1?key=secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _folder(out: Path) -> Check:
    there = next(p for p in (out.absolute(), *out.absolute().parents) if p.exists())
    ok = there.is_dir() and os.access(there, os.W_OK | os.X_OK)
    return Check("results", ok, str(out), "writable" if ok else "choose another with --out DIR")


def _sandboxes() -> Iterator[Check]:
    """One line a way to keep LLM-written code apart, and which of them would be used."""
    for what, ok, found, meaning in sandboxes.checks():
        yield Check(what, ok, found, meaning)
