"""Fetching a large file once: resumable, checked, and told about."""

from __future__ import annotations

import fcntl
import hashlib
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedRandom
from pathlib import Path

from trace_core._errors import UserError

TIMEOUT_S = 30.0
CHUNK = 1 << 20
MEGABYTE = 1e6


def fetch(
    url: str, target: Path, *, sha256: str, size: int, instead: str = "llm.path=FILE"
) -> None:
    """Make `target` the file at `url`; what an interrupted attempt left is gone on with.

    Args:
        url: where it is published.
        target: where it shall be.
        sha256: its checksum.
        size: its bytes.
        instead: what a user says who has the file already.

    Raises:
        UserError: no network, no space, or another file than the one that is known.
    """
    try:
        with _part(target) as part:
            if target.exists():  # another process has been faster
                Path(part.name).unlink(missing_ok=True)
                return
            _download(url, part, target.name, size)
            _keep(part, target, url, sha256, instead)
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", None) or error
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        raise UserError(
            f"Cannot fetch {url} ({reason}): connect to the network and try again, it goes on from "
            f"where it was; or get the file some other way and use {instead}."
        ) from None
    except OSError as error:
        raise UserError(f"Cannot write {target}: {error.strerror}.") from None


@contextmanager
def _part(target: Path) -> Iterator[BufferedRandom]:
    """The beginning of the file, which one process at a time may add to."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_suffix(".part").open("ab+") as part:
        fcntl.flock(part, fcntl.LOCK_EX)
        yield part


def _download(url: str, part: BufferedRandom, name: str, size: int) -> None:
    have = part.seek(0, os.SEEK_END)
    if have >= size:
        return
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
        if have and answer.status != 206:  # the server begins anew
            part.truncate(have := 0)
        promised = have + int(answer.headers.get("Content-Length", 0))
        while chunk := answer.read(CHUNK):
            part.write(chunk)
            have += len(chunk)
            tell(f"\rfetching {name}: {have / MEGABYTE:,.0f} of {size / MEGABYTE:,.0f} MB")
    tell("\n")
    if have < promised:  # urllib takes the end of a connection for that of a file
        raise ConnectionError(f"it broke off after {have:,} of {promised:,} bytes")


def _keep(part: BufferedRandom, target: Path, url: str, sha256: str, instead: str) -> None:
    part.flush()
    part.seek(0)
    found = hashlib.file_digest(part, "sha256").hexdigest()
    if found != sha256:
        part.truncate(0)
        raise UserError(
            f"{url} is not the file that is known (SHA-256 {found[:12]}…, not {sha256[:12]}…): "
            f"it was thrown away. Try again, or use {instead}."
        )
    Path(part.name).replace(target)


def tell(text: str) -> None:
    """Say something to a user who is looking."""
    if sys.stderr.isatty():
        sys.stderr.write(text)
        sys.stderr.flush()
