"""The sandbox of a user without privileges: of `nobody`, if the tests themselves run as root."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from trace_core import sandbox
from trace_core.sandbox._launch import interpreter

PROGRAM = Path(__file__).with_name("unprivileged.py")
NOBODY = 65534


def as_nobody(python, *words):
    folders = [str(Path(__file__).parents[3]), str(Path(np.__file__).parents[1])]
    environment = {"PYTHONPATH": os.pathsep.join(folders), "PATH": os.environ["PATH"]}
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    argv = [python, "-B", *words]
    return subprocess.run(argv, capture_output=True, text=True, cwd="/", env=environment, **user)


@cache
def python_for_all():
    """An interpreter that nobody may run: ours may lie in root's own folder."""
    for python in (interpreter(), f"/usr/bin/python{sys.version_info[0]}.{sys.version_info[1]}"):
        try:
            if as_nobody(python, "-c", "import numpy, trace_core").returncode == 0:
                return python
        except OSError:
            continue
    return None


@pytest.mark.parametrize("backend", [b for b in sandbox.ISOLATING if sandbox.available(b).works])
def test_users_without_privileges_have_the_sandbox_too(backend):
    python = python_for_all()
    if python is None:
        pytest.skip("no Python here that all users may run")
    done = as_nobody(python, str(PROGRAM), backend)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["user"] != 0
    assert found["sum"] == 6
    assert "Errno" in found["read"] and "Errno" in found["fork"]
    assert found["children"] == 3  # with the worker itself four
    assert found["threads"] == [0, 1, 2]
    assert found["left"] == []  # nothing goes on after its call
