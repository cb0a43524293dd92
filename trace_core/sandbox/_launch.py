"""How worker processes are started: the command of each backend, and a thread that outlives them.

Linux kills a worker when the *thread* that started it ends; so one thread starts all of them.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import cache, lru_cache
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from . import _worker

NOBODY = "65534"
ENVIRONMENT = {
    "PYTHONHASHSEED": "0",  # the order of a set of strings is the same in every worker
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
"""All that a worker's environment holds, until it clears it."""
_START = "import sys; sys.path.insert(0, sys.argv[1]); from _worker.serve import main; main()"


def command(backend: str, imports: frozenset[str], info: int | None) -> list[str]:
    """The command line of a worker; `info` is where bubblewrap writes its process id."""
    home = str(Path(_worker.__file__).parent)
    if backend != "bwrap":
        return _python(str(Path(home).parent))
    inside = ["--ro-bind", home, "/worker/_worker"]
    for place in places(imports).values():
        for folder in package_folders(place):
            inside += ["--ro-bind", folder, folder]
    told = [] if info is None else ["--info-fd", str(info)]
    bwrap = shutil.which("bwrap") or "bwrap"
    # Nothing can be written, for even empty files would take the kernel's memory without a limit.
    empty = ["/tmp", *_packages_of_the_machine(), "/"]
    shut = [word for path in empty for word in ("--remount-ro", path)]
    return [bwrap, *_walls(), *inside, *told, *shut, *_python("/worker")]


def _python(folder: str) -> list[str]:
    return [interpreter(), "-s", "-S", "-P", "-B", "-X", "utf8", "-c", _START, folder]


@cache
def interpreter() -> str:
    """The Python below the virtual environment, links followed."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


@cache
def libraries() -> tuple[str, ...]:
    """Folders that Python and its C libraries need, as far as they exist."""
    own = os.path.realpath(sys.base_prefix) + "/lib"
    found = ["/usr/lib", "/usr/lib64", "/lib", "/lib64", own, sysconfig.get_path("stdlib")]
    kept = [path for path in dict.fromkeys(found) if os.path.isdir(path)]  # noqa: PTH112
    return tuple(p for p in kept if not any(p.startswith(f"{q}/") for q in kept))


@cache
def _walls() -> tuple[str, ...]:
    """Bubblewrap's options: own everything, nothing of the host's but read-only libraries."""
    walls = ["--unshare-all", "--unshare-user", "--uid", NOBODY, "--gid", NOBODY]
    walls += ["--cap-drop", "ALL", "--die-with-parent", "--as-pid-1", "--clearenv"]
    walls += ["--tmpfs", "/tmp"]  # first, for Python may lie below it
    for name, value in ENVIRONMENT.items():
        walls += ["--setenv", name, value]
    for path in libraries():
        link = Path(path)
        shown = ["--symlink", str(link.readlink())] if link.is_symlink() else ["--ro-bind", path]
        walls += [*shown, path]
    for path in _packages_of_the_machine():
        walls += ["--tmpfs", path]
    program = interpreter()
    if not any(program.startswith(f"{path}/") for path in libraries()):
        walls += ["--ro-bind", program, program]
    return (*walls, "--dev-bind", "/dev/null", "/dev/null", "--chdir", "/tmp")


@cache
def _packages_of_the_machine() -> tuple[str, ...]:
    """Installed packages among the libraries: hidden, but for those that may be imported."""
    names = ("site-packages", "dist-packages")
    found = [Path(path).glob(f"python3*/{name}") for path in libraries() for name in names]
    return tuple(dict.fromkeys(str(path) for paths in found for path in paths))


@lru_cache(maxsize=16)
def places(imports: frozenset[str]) -> dict[str, str]:
    """The file of each allowed top-level package outside the standard library that is here."""
    tops = sorted({name.split(".")[0] for name in imports} - set(sys.stdlib_module_names))
    found = {name: _place(name) for name in tops}
    return {name: place for name, place in found.items() if place}


def _place(name: str) -> str | None:
    spec = importlib.util.find_spec(name)
    return os.path.realpath(spec.origin) if spec and spec.origin else None


def package_folders(place: str) -> list[str]:
    """What must be readable for a package: its folder (or file), and the one of its libraries."""
    path = Path(place)
    if path.name != "__init__.py":
        return [place]
    libs = path.parent.with_name(f"{path.parent.name}.libs")
    return [str(path.parent), *([str(libs)] if libs.is_dir() else [])]


def readable(imports: frozenset[str]) -> list[str]:
    """What a worker of the backend `kernel` may read."""
    own = str(Path(_worker.__file__).parent)
    folders = [f for place in places(imports).values() for f in package_folders(place)]
    return [*libraries(), *folders, own, "/dev/null"]


def popen(argv: list[str], keep: tuple[int, ...]) -> subprocess.Popen[bytes]:
    """Start a process in the thread that lasts as long as this process."""
    started: Future[subprocess.Popen[bytes]] = Future()

    def start() -> None:
        try:
            started.set_result(
                subprocess.Popen(
                    argv,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    bufsize=0,
                    env=ENVIRONMENT,
                    cwd="/",
                    pass_fds=keep,
                    start_new_session=True,  # Ctrl-C is the host's
                )
            )
        except BaseException as error:
            started.set_exception(error)

    _starter().put(start)
    return started.result()


_lock = threading.Lock()
_queues: dict[int, SimpleQueue[Callable[[], Any]]] = {}


def _starter() -> SimpleQueue[Callable[[], Any]]:
    """The queue of this process's thread; a forked child has no thread of its parent's."""
    with _lock:
        queue = _queues.get(os.getpid())
        if queue is None:
            queue = _queues[os.getpid()] = SimpleQueue()
            threading.Thread(target=_work, args=(queue,), daemon=True, name="sandbox").start()
        return queue


def _work(queue: SimpleQueue[Callable[[], Any]]) -> None:
    while True:
        queue.get()()
