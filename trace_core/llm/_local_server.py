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
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from importlib import metadata
from importlib.util import find_spec
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
        require(serving.server)
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


@cache
def _lock_of(serving: Serving) -> threading.Lock:
    return threading.Lock()


_servers: dict[tuple[int, Serving], LocalServer] = {}


def server_for(serving: Serving) -> LocalServer:
    """The server of this process for `serving`, started when it is first asked for."""
    place = (os.getpid(), serving)  # what a fork inherits is its parent's
    with _lock_of(serving):
        found = _servers.get(place)
        if found is None or found.process.poll() is not None:
            found = _servers[place] = LocalServer.started(serving)
        return found


def require(server: str | None) -> None:
    """Raise a `UserError` unless the program, or else xllamacpp, is here."""
    if server is not None:
        version(server)
    elif find_spec("xllamacpp") is None:
        raise UserError("llm=local needs xllamacpp: pip install 'trace-bench[local]'")


@cache
def version(server: str | None) -> str:
    """What answers: xllamacpp's version, or what the program says of its own.

    Raises:
        UserError: the program is no `llama-server`.
    """
    if server is None:
        return metadata.version("xllamacpp")
    try:
        asked = subprocess.run(
            [server, "--version"], capture_output=True, text=True, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise UserError(f"llm.server={server} cannot be run: {error}") from None
    said = re.search(r"^version: (.+)$", asked.stdout + asked.stderr, re.MULTILINE)
    if said is None:
        raise UserError(f"llm.server={server} is no llama-server: it does not say its version.")
    return said[1]


def _address(process: subprocess.Popen[str], serving: Serving, key: str) -> str:
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(json.dumps({**asdict(serving), "path": str(serving.path), "key": key}))
    process.stdin.write("\n")
    process.stdin.flush()
    address = process.stdout.readline().strip()
    if not address:
        loader = serving.server or "xllamacpp"
        raise UserError(
            f"{serving.path} cannot be loaded: it is no whole GGUF model of a kind that {loader} "
            f"knows, or there is no memory for llm.context={serving.context} and "
            f"llm.slots={serving.slots}."
        )
    return address


def _end(process: subprocess.Popen[str], owner: int | None = None) -> None:
    """End the child, unless this is a fork of the process that started it."""
    if owner not in (None, os.getpid()):
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # a server of the user's is its child
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream:
            stream.close()
