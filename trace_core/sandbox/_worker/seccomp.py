"""A filter of system calls (seccomp) for x86-64: what Python and NumPy compute with, nothing else.

Refused calls fail with EPERM, so that the code gets an exception and not the worker a signal.
"""

from __future__ import annotations

import ctypes
import struct
from typing import Any

PR_SET_SECCOMP, FILTER = 22, 2
X86_64 = 0xC000003E
ALLOW, REFUSE, NO_SUCH_CALL = 0x7FFF0000, 0x00050000 | 1, 0x00050000 | 38
LOAD, JUMP_IF_EQUAL, JUMP_IF_GREATER, RETURN = 0x20, 0x15, 0x25, 0x06
X32 = 0x3FFFFFFF
"""System calls above are those of the x32 ABI, which would pass by other numbers."""

FILES: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6, 8, 17, 18, 19, 20, 21, 32, 33, 79, 80, 89, 217)
FILES += (257, 262, 267, 269, 292, 332, 439)
"""read write close open stat fstat lstat lseek pread pwrite readv writev access dup dup2 getcwd
chdir readlink getdents64 openat newfstatat readlinkat faccessat dup3 statx faccessat2"""
MEMORY = (9, 10, 11, 12, 25, 28)
"""mmap mprotect munmap brk mremap madvise"""
PROCESS: tuple[int, ...] = (7, 13, 14, 15, 23, 24, 35, 39, 60, 63, 96, 97, 98, 99, 100, 102, 104)
PROCESS += (107, 108, 110, 111, 131, 158, 186, 201, 202, 204, 218, 219, 228, 229, 230, 231, 270)
PROCESS += (271, 273, 318, 334)
"""poll sigaction sigprocmask sigreturn select sched_yield nanosleep getpid exit uname gettimeofday
getrlimit getrusage sysinfo times getuid getgid geteuid getegid getppid getpgrp sigaltstack
arch_prctl gettid time futex sched_getaffinity set_tid_address restart_syscall clock_gettime
clock_getres clock_nanosleep exit_group pselect ppoll set_robust_list getrandom rseq"""
START = (22, 56, 57, 58, 59, 61, 247, 293)
"""pipe clone fork vfork execve wait4 waitid pipe2: if more processes are allowed. Not setsid and
setpgid: the host ends a worker's whole group"""
CLONE3 = 435
ONLY = {
    16: (
        1,
        (0x5401, 0x5413, 0x541B, 0x5450, 0x5451),
    ),  # ioctl: ask terminals, FIONREAD, close-on-exec
    72: (1, (0, 1, 2, 3, 4, 1030)),  # fcntl: duplicate and flags; no owners, who get signals
    302: (0, (0,)),  # prlimit: of the process itself
}
"""Calls that pass with some values of one argument: number, argument, values (32 bits each)."""


def lock(libc: Any, *, processes: bool) -> None:
    """Filter the system calls of this process and its children for good.

    Args:
        libc: the C library.
        processes: allow starting threads and processes.

    Raises:
        OSError: the kernel refused.
    """
    code = program((*FILES, *MEMORY, *PROCESS, *(START * processes)))
    buffer = ctypes.create_string_buffer(code)
    header = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    if libc.prctl(PR_SET_SECCOMP, FILTER, ctypes.c_char_p(header), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "seccomp was refused")


def program(allowed: tuple[int, ...]) -> bytes:
    """The filter as BPF instructions, 8 bytes each. clone3 does not exist: glibc takes clone."""
    steps = [
        (LOAD, 0, 0, 4),  # the architecture
        (JUMP_IF_EQUAL, 1, 0, X86_64),
        (RETURN, 0, 0, REFUSE),
        (LOAD, 0, 0, 0),  # the call's number
        (JUMP_IF_GREATER, 0, 1, X32),
        (RETURN, 0, 0, REFUSE),
        (JUMP_IF_EQUAL, 0, 1, CLONE3),
        (RETURN, 0, 0, NO_SUCH_CALL),
    ]
    for number in allowed:
        steps += [(JUMP_IF_EQUAL, 0, 1, number), (RETURN, 0, 0, ALLOW)]
    for number, (argument, values) in ONLY.items():
        steps += [(JUMP_IF_EQUAL, 0, 2 * len(values) + 2, number), (LOAD, 0, 0, 16 + 8 * argument)]
        for value in values:
            steps += [(JUMP_IF_EQUAL, 0, 1, value), (RETURN, 0, 0, ALLOW)]
        steps.append((RETURN, 0, 0, REFUSE))
    steps.append((RETURN, 0, 0, REFUSE))
    return b"".join(struct.pack("HBBI", *step) for step in steps)
