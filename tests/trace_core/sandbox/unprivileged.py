"""A program that a user without privileges runs: what happens in the sandbox that it names."""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from trace_core import ExecutionError, bundle, sandbox

FORKS = """
import os, time
children = []
for _ in range(20):
    try:
        children.append(os.fork())
    except OSError:
        return children
    if children[-1] == 0:
        try:
            os.setsid()
        except OSError:
            pass
        time.sleep(60)
"""
THREADS = """
import threading
seen = []
three = [threading.Thread(target=seen.append, args=(i,)) for i in range(3)]
for each in three:
    each.start()
for each in three:
    each.join()
return sorted(seen)
"""


@bundle(trainable=True)
def act(x):
    """Do something."""


def told(backend, body, x=None, **limits):
    lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
    act.parameter.update(f"def act(x):\n{lines}")
    allowed = (*sandbox.IMPORTS, "os", "threading")
    with sandbox.use(backend, limits=sandbox.Limits(**limits), imports=allowed):
        try:
            return act(x).data
        except ExecutionError as error:
            return error.exception_node.data


def still_there(children):
    """Those that live on for longer than it takes them to die."""
    end = time.monotonic() + 60
    while children and time.monotonic() < end:
        time.sleep(0.05)
        children = [pid for pid in children if Path(f"/proc/{pid}").exists()]
    return children


def main(backend):
    with tempfile.NamedTemporaryFile("w") as canary:
        canary.write("canary")
        canary.flush()
        read = told(backend, "return open(x).read()", canary.name)
    children = told(backend, FORKS, processes=4)
    found = {
        "user": os.geteuid(),
        "sum": told(backend, "import numpy\nreturn int(numpy.arange(4).sum())"),
        "read": read,
        "fork": told(backend, "import os\nreturn os.fork()"),
        "children": len(children),
        # under bubblewrap they have other numbers, and die with their namespace
        "left": still_there(children if backend == "kernel" else []),
        "threads": told(backend, THREADS, processes=4),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
