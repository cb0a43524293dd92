"""How the worker gives up its rights before it sees any code."""

from __future__ import annotations

import mmap
import platform
import resource
import signal
import sys
from typing import Any

from . import landlock, seccomp

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
CAPSET, CAPABILITIES = 126, 0x20080522
NEW_USER, NEW_NET, NEW_IPC, NEW_UTS = 0x10000000, 0x40000000, 0x08000000, 0x04000000
OPEN_FILES = 64
FILE_BYTES = 16 << 20
PAGE = mmap.PAGESIZE


def lock(hello: dict[str, Any]) -> list[str]:
    """Give up what `hello` says; return what was given up, in words.

    Raises:
        OSError: the kernel refuses what is required.
    """
    kind = hello["lock"]
    processes: int = hello["processes"]
    _limit()
    done = ["rlimits"]
    libc = _libc()
    if libc is None and kind == "kernel":
        raise OSError("this Python has no ctypes")
    if libc is not None and kind != "bwrap" and sys.platform == "linux":  # bubblewrap does it
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if kind == "kernel":
        done += _kernel(libc, hello["readable"])
    if processes > 1:  # now, for in a user namespace of its own the user's others do not count
        resource.setrlimit(resource.RLIMIT_NPROC, (processes, processes))
    if libc is None or kind == "process":
        return done
    if platform.machine() == "x86_64":
        seccomp.lock(libc, processes=processes > 1)
        done.append("seccomp")
    elif kind == "kernel":
        raise OSError(f"there is no system call filter for {platform.machine()}")
    return done


def _libc() -> Any:
    try:
        import ctypes
    except ImportError:
        return None
    return ctypes.CDLL(None, use_errno=True)


def _kernel(libc: Any, readable: list[str]) -> list[str]:
    done = ["landlock"]
    # Network and System V memory of its own, where the kernel lets users have that.
    if libc.unshare(NEW_USER | NEW_NET | NEW_IPC | NEW_UTS) == 0:
        done.append("namespaces")
    header = CAPABILITIES.to_bytes(4, "little") + bytes(4)
    if libc.syscall(CAPSET, header, bytes(24)) != 0:
        raise OSError("capabilities could not be dropped")
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError("no_new_privs was refused")
    landlock.lock(libc, readable)
    return done


def _limit() -> None:
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
    ):
        resource.setrlimit(what, (most, most))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a file too large is an OSError


def limit_memory(most: int) -> None:
    """Let the address space grow by `most` bytes from what it is now, as far as the user may."""
    allowed = resource.getrlimit(resource.RLIMIT_AS)[1]
    largest = 1 << 40 if allowed == resource.RLIM_INFINITY else allowed
    total = min(_address_space(largest, allowed) + most, largest)
    resource.setrlimit(resource.RLIMIT_AS, (total, total))


def _address_space(high: int, hard: int) -> int:
    """Bytes of address space in use, found by trying: /proc is out of reach."""
    low = 0
    while high - low > PAGE:
        middle = (low + high) // 2 // PAGE * PAGE
        resource.setrlimit(resource.RLIMIT_AS, (middle, hard))
        low, high = (low, middle) if _page_fits() else (middle, high)
    return high


def _page_fits() -> bool:
    try:
        mmap.mmap(-1, PAGE).close()
    except (OSError, MemoryError):
        return False
    return True
