"""A film of an episode, where this machine can draw one without a screen."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from trace_core import UserError, sandbox, stop_tracing
from trace_core.opto import Visit

from .problem import MetaworldProblem

VARIABLE = "MUJOCO_GL"
BACKENDS = ("egl", "osmesa", "glfw")
PROBE = (
    "import mujoco; c = mujoco.GLContext(64, 64); c.make_current(); "
    "mujoco.MjrContext(mujoco.MjModel.from_xml_string('<mujoco/>'), 150); c.free()"
)
PATIENCE_S = 60


def film(problem: MetaworldProblem, visit: Visit, imports: tuple[str, ...]) -> Sequence[Any]:
    """The frames of the training episode at an iteration of a run.

    Raises:
        UserError: no GL backend works here.
    """
    with _drawing_with(backend()), sandbox.use("auto", imports=imports), stop_tracing():
        environment = problem.filmed()
        try:
            problem.visited(visit, environment).episode()
            return list(environment.render())
        finally:
            environment.close()


def backend() -> str:
    """The GL backend that works here: the one that the environment names, or the first that does.

    Raises:
        UserError: none does.
    """
    given = os.environ.get(VARIABLE)
    for name in (given,) if given else BACKENDS:
        if _works(name):
            return name
    raise UserError(
        f"No film: of MuJoCo's GL backends ({', '.join(BACKENDS)}) none works here"
        f"{f' with {VARIABLE}={given}' if given else ''}. On Debian, apt-get install libosmesa6."
    )


@cache
def _works(name: str) -> bool:
    """Try a backend in another process: one that fails can't be undone in this one."""
    try:
        tried = subprocess.run(
            [sys.executable, "-c", PROBE],
            env={**os.environ, VARIABLE: name},
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return tried.returncode == 0


@contextmanager
def _drawing_with(name: str) -> Iterator[None]:
    """MuJoCo reads the variable when it draws for the first time."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = name
    try:
        yield
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before
