"""Local model servers: one for each model and size in a process, shared by all its runs."""

from __future__ import annotations

import atexit
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import threading
from collections import defaultdict
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Self

from trace_core._errors import UserError

from . import _serve
from ._waiting import wait_for


@dataclass(frozen=True, slots=True)
class Serving:
    """What is served, and how; equal ones share a server.

    Attributes:
        context: tokens of prompt and reply together, of each request.
        slots: requests that are answered at the same time.
        threads: that compute one answer in step with each other.
        reuse_prompts: keep what the last prompt had in common with the next.
        server: a program `llama-server` that does it; None for xllamacpp.
    """

    path: Path
    context: int
    slots: int
    threads: int
    reuse_prompts: bool
    server: str | None = None


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A child process that answers at `url` to those who know `key`."""

    url: str
    key: str
    process: subprocess.Popen[str]

    @classmethod
    def started(cls, serving: Serving) -> Self:
        """Load the model and wait until it can be asked.

        Raises:
            UserError: there is no server, or it cannot load the file.
        """
        version(serving.server)  # raises if there is nobody to answer
        key = secrets.token_hex(16)
        process = subprocess.Popen(
            [sys.executable, "-P", _serve.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,  # Ctrl-C is for us: the server ends when we do
        )
        try:
            url = wait_for(lambda: _address(process, serving, key))
        except BaseException:
            _end(process)
            raise
        atexit.register(_end, process, os.getpid())
        return cls(f"{url}/v1", key, process)


_locks: defaultdict[Serving, threading.Lock] = defaultdict(threading.Lock)
_locking = threading.Lock()
_servers: dict[tuple[int, Serving], LocalServer] = {}


def server_for(serving: Serving) -> LocalServer:
    """The server of this process for `serving`, started when it is first asked for."""
    place = (os.getpid(), serving)  # what a fork inherits is its parent's
    with _locking:
        lock = _locks[serving]
    with lock:
        found = _servers.get(place)
        if found is not None and found.process.poll() is not None:
            _end(found.process)
            found = None
        if found is None:
            found = _servers[place] = LocalServer.started(serving)
        return found


@cache
def version(server: str | None) -> str:
    """What answers: xllamacpp's version, or what the program says of its own.

    Raises:
        UserError: xllamacpp is missing, or the program is no `llama-server`.
    """
    if server is None:
        return _version_of_package()
    try:
        asked = subprocess.run([server, "--version"], capture_output=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise UserError(f"llm.server={server} cannot be run: {error}") from None
    text = (asked.stdout + asked.stderr).decode(errors="replace")
    said = re.search(r"^version: (.+)$", text, re.MULTILINE)
    if said is None:
        raise UserError(f"llm.server={server} is no llama-server: it does not say its version.")
    return said[1]


def _version_of_package() -> str:
    try:
        return metadata.version("xllamacpp")
    except metadata.PackageNotFoundError:
        raise UserError("llm=local needs xllamacpp: pip install 'trace-bench[local]'") from None


def _address(process: subprocess.Popen[str], serving: Serving, key: str) -> str:
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(json.dumps({**asdict(serving), "path": str(serving.path), "key": key}))
    process.stdin.write("\n")
    process.stdin.flush()
    address = process.stdout.readline().strip()
    if not address:
        loader, older = serving.server or "xllamacpp", ""
        if serving.server:
            older = ", or the program does not know --cache-ram, --no-slots or --offline"
        raise UserError(
            f"{serving.path} cannot be loaded: it is no whole GGUF model of a kind that {loader} "
            f"knows, or there is no memory for llm.context={serving.context} and "
            f"llm.slots={serving.slots}{older}."
        )
    return address


def _end(process: subprocess.Popen[str], owner: int | None = None) -> None:
    """End the child, unless this is a fork of the process that started it."""
    assert process.stdin is not None
    if owner not in (None, os.getpid()) or process.stdin.closed:
        return
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # a server of the user's is its child
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream:
            stream.close()
