"""The child process that serves a GGUF file on loopback. It imports nothing of this project.

It reads one line of JSON, prints the address, and ends when its standard input does: with the
process that started it, however that one ended. A process of its own, because loading a model
holds the interpreter's lock for seconds, and because llama.cpp aborts where Python would raise.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Any

HOST = "127.0.0.1"
QUIET = -1
CANNOT_LOAD = 3


def main() -> None:
    """Serve until standard input ends."""
    wanted = json.loads(sys.stdin.readline())
    program = wanted.pop("server")
    try:
        if program:
            _serve_with(program, **wanted)
        else:
            _serve(**wanted)
    except RuntimeError:
        os._exit(CANNOT_LOAD)
    os._exit(0)  # whatever request is under way


def _serve(**wanted: Any) -> None:
    server = _server(**wanted)
    print(server.listening_address, flush=True)
    sys.stdin.read()


def _serve_with(program: str, key: str, **wanted: Any) -> None:
    """Let the user's own build of llama.cpp's server answer, until it or standard input ends."""
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [program, "--port", str(port), *_options(**wanted)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "LLAMA_API_KEY": key},  # arguments can be read by every user
    )
    threading.Thread(target=_kill_at_the_end, args=[process], daemon=True).start()
    while not _answers(port):
        if process.poll() is not None:
            raise RuntimeError(f"{program} ended")
        time.sleep(0.05)
    print(f"http://{HOST}:{port}", flush=True)
    process.wait()


def _kill_at_the_end(process: subprocess.Popen[bytes]) -> None:
    sys.stdin.read()
    process.kill()


def _options(path: str, context: int, slots: int, threads: int, reuse_prompts: bool) -> list[str]:
    """The same for `llama-server` as `_server` sets."""
    given = {"model": path, "host": HOST, "ctx-size": context * slots, "parallel": slots}
    given |= {"threads": threads, "threads-batch": threads, "cache-ram": 0}
    switches = ["no-warmup", "no-slots", "offline"]
    switches.append("cache-prompt" if reuse_prompts else "no-cache-prompt")
    pairs = [word for name, value in given.items() for word in (f"--{name}", str(value))]
    return pairs + [f"--{switch}" for switch in switches]


def _answers(port: int) -> bool:
    connection = HTTPConnection(HOST, port, timeout=5)  # through no proxy
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _server(
    path: str, key: str, context: int, slots: int, threads: int, reuse_prompts: bool
) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = path
    params.api_keys = [key]
    params.hostnames = [HOST]
    params.port = 0
    params.n_ctx = context * slots  # llama.cpp divides it among the slots
    params.n_parallel = slots
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.cache_prompt = reuse_prompts
    params.cache_ram_mib = 0  # no second store of old prompts beside the slots
    params.warmup = params.ui = params.endpoint_slots = False
    params.offline = True
    params.verbosity = QUIET
    return xllamacpp.Server(params)


if __name__ == "__main__":
    main()
