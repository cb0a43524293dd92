"""The child process that serves a GGUF file on loopback. It imports nothing of this project.

It reads one line of JSON, prints the address, and ends when its standard input does: with the
process that started it, however that one ended. A process of its own, because loading a model
holds the interpreter's lock for seconds, and because llama.cpp aborts where Python would raise.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

QUIET = -1
CANNOT_LOAD = 3


def main() -> None:
    """Serve until standard input ends."""
    wanted = json.loads(sys.stdin.readline())
    try:
        server = _server(**wanted)
    except RuntimeError:
        os._exit(CANNOT_LOAD)
    print(server.listening_address, flush=True)
    sys.stdin.read()
    os._exit(0)  # whatever request is under way


def _server(
    path: str, key: str, context: int, slots: int, threads: int, reuse_prompts: bool
) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = path
    params.api_keys = [key]
    params.hostnames = ["127.0.0.1"]
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
