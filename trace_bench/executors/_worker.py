"""A process that does jobs: the worker's side. Folders come in, a line each; answers go out."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from queue import SimpleQueue

from trace_bench.attempt import job


def main() -> None:
    """Do jobs until standard input ends; then the one under way stops in good order."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what tasks and optimizers print must not be taken for an answer
    paths: SimpleQueue[str | None] = SimpleQueue()
    busy = threading.Event()
    threading.Thread(target=_read, args=(paths, busy), daemon=True).start()
    try:
        while (path := paths.get()) is not None:
            busy.set()
            answers.write(json.dumps(job(path).as_json()) + "\n")
            answers.flush()
            busy.clear()
    except (KeyboardInterrupt, BrokenPipeError):  # between two jobs, or nobody listens
        os._exit(0)


def _read(paths: SimpleQueue[str | None], busy: threading.Event) -> None:
    for line in sys.stdin:
        paths.put(line.rstrip("\n"))
    # Whoever gave us work has gone.
    paths.put(None)
    if busy.is_set():
        os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    main()
