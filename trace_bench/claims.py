"""Who drives a run: one process at a time, also where processes are on several machines.

A claim is a file `.claim.N` in the run's folder, made in one stroke. N is its epoch: whoever takes
over makes N + 1, and the former owner finds that before it appends anything, so a process that was
thought dead and wakes up (a zombie) is fenced off.

Whether an owner lives is known at once on its own machine, whose kernel frees the lock (`flock`) of
a killed process. Elsewhere it is dead after a minute without a sign of life: the time stamp of its
claim, which it renews. Stamps are compared with each other, by a clock that never jumps, and never
with the time of day.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import platform
import secrets
import threading
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from trace_core import UserError

BEAT_S = 10.0
SILENT_BEATS = 6
"""So many beats missed, and an owner on another machine counts as dead."""
RELEASED_NS = 0
"""The time stamp of a claim that its owner has given up: written even where the disk is full."""
BOOT = Path("/proc/sys/kernel/random/boot_id")


class Busy(UserError):
    """Somebody else is driving the run."""


class ClaimLost(UserError):
    """Somebody else has taken the run over: nothing may be written any more."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The latest claim on a run.

    Attributes:
        machine: tells kernels apart, for locks are the kernel's.
        locked: whether its file has the kernel's lock as long as its owner lives.
        stamp_ns: changes with every sign of life.
    """

    epoch: int
    path: Path
    stamp_ns: int
    token: str = ""
    host: str = "an unknown host"
    pid: int = 0
    machine: str = ""
    locked: bool = False
    beat_s: float = BEAT_S

    @property
    def is_released(self) -> bool:
        """Whether its owner has given it up."""
        return self.stamp_ns == RELEASED_NS

    def is_dead(self) -> bool:
        """Whether the kernel says that the owner has gone; False where it cannot know."""
        if not self.locked or self.machine != machine():
            return False
        try:
            file = os.open(self.path, os.O_RDWR)
        except FileNotFoundError:
            return True
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return False
        else:
            return True
        finally:
            os.close(file)

    def is_free(self) -> bool:
        """Whether the run may be claimed at once."""
        return self.is_released or self.is_dead()


def latest(folder: Path) -> Holder | None:
    """Return the claim of the highest epoch, None if nobody has ever claimed this run."""
    try:
        names = [name for name in os.listdir(folder) if _epoch(name)]  # noqa: PTH208 ten times as fast
    except (FileNotFoundError, NotADirectoryError):
        return None
    for name in sorted(names, key=_epoch, reverse=True):
        with contextlib.suppress(FileNotFoundError):  # given up between our two looks
            return _read(folder / name)
    return None


def claim(folder: Path, beat_s: float | None = None, silent: Holder | None = None) -> Claim:
    """Claim the run in `folder`, which must exist.

    Args:
        folder: of the run.
        beat_s: time between two signs of life; None is the usual.
        silent: an owner that a `Watch` has found dead.

    Raises:
        Busy: another process drives it, or was faster.
        FileNotFoundError: the folder has gone.
    """
    last = silent or latest(folder)
    if last and not silent and not last.is_free():
        raise Busy(f"{folder} is being run by another process ({last.host}, pid {last.pid}).")
    return _made(folder, last, BEAT_S if beat_s is None else beat_s)


class Watch:
    """Finds owners dead that the kernel cannot know of, by looking at them again and again."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[int, float]] = {}

    def is_silent(self, holder: Holder) -> bool:
        """Whether the owner has given no sign of life for `SILENT_BEATS` of its beats."""
        now, key = time.monotonic(), f"{holder.path}{holder.token}"
        stamp, since = self._seen.get(key, (None, now))
        if stamp != holder.stamp_ns:
            self._seen[key] = (holder.stamp_ns, now)
            return False
        return now - since > SILENT_BEATS * holder.beat_s


class Claim:
    """A run that is ours until `release`, or until somebody takes it over."""

    def __init__(self, folder: Path, epoch: int, file: int, beat_s: float) -> None:
        self.epoch, self.beat_s = epoch, beat_s
        self._path = folder / f".claim.{epoch}"
        self._next = folder / f".claim.{epoch + 1}"
        self._file = file
        self._number = os.fstat(file).st_ino
        _heart.add(self)

    def holds(self) -> bool:
        """Whether nobody has taken the run over."""
        with contextlib.suppress(FileNotFoundError):
            os.stat(self._next)  # noqa: PTH116 at every append: five times as fast
            return False
        try:
            return os.stat(self._path).st_ino == self._number  # noqa: PTH116
        except FileNotFoundError:
            return False

    def beat(self) -> None:
        """Give a sign of life."""
        os.utime(self._file)

    def release(self) -> None:
        """Give the run up, so that others may claim it at once."""
        _heart.remove(self)
        with contextlib.suppress(OSError):  # it also ends with this process
            os.utime(self._file, ns=(RELEASED_NS, RELEASED_NS))
        os.close(self._file)

    def erase(self) -> None:
        """Remove the file of a claim on a folder that is about to be removed."""
        self._path.unlink(missing_ok=True)


@cache
def machine() -> str:
    """Return what processes under one kernel have in common, and no others."""
    with contextlib.suppress(OSError):
        return BOOT.read_text(encoding="ascii").strip()
    return platform.node()


def _made(folder: Path, last: Holder | None, beat_s: float) -> Claim:
    epoch = last.epoch + 1 if last else 1
    path, token = folder / f".claim.{epoch}", secrets.token_hex(8)
    temporary = folder / f".claiming-{token}"
    file = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        os.write(file, _described(token, _locked(file), beat_s))
        _put(temporary, path)
        _confirm(folder, path, token, last)
    except BaseException:  # Ctrl-C too must let go of the lock
        os.close(file)
        raise
    finally:
        temporary.unlink(missing_ok=True)
    if last:
        last.path.unlink(missing_ok=True)
    return Claim(folder, epoch, file, beat_s)


def _described(token: str, locked: bool, beat_s: float) -> bytes:
    owner: dict[str, Any] = {"token": token, "host": platform.node(), "pid": os.getpid()}
    owner |= {"machine": machine(), "locked": locked, "beat_s": beat_s}
    return json.dumps(owner).encode() + b"\n"


def _locked(file: int) -> bool:
    """Take the kernel's lock; False on file systems that have none."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _put(temporary: Path, path: Path) -> None:
    """Give the file its name, unless that is taken: in one stroke on every file system."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise Busy(f"{path.parent} has just been claimed by another process.") from None


def _confirm(folder: Path, path: Path, token: str, last: Holder | None) -> None:
    """See that the claim rests on what is still so: others may have come and gone meanwhile."""
    now = latest(folder)
    ours = now is not None and now.token == token
    if ours and (last is None or _is_still_there(last)):
        return
    path.unlink(missing_ok=True)
    raise Busy(f"{folder} has just been claimed by another process.")


def _is_still_there(last: Holder) -> bool:
    try:
        return _read(last.path).token == last.token
    except FileNotFoundError:
        return False


def _read(path: Path) -> Holder:
    with path.open("rb") as file:  # opened, because shared file systems then ask the server
        stamp, text = os.fstat(file.fileno()).st_mtime_ns, file.read()
    try:
        return Holder(_epoch(path.name), path, stamp, **json.loads(text))
    except (ValueError, TypeError):  # not one of ours, or damaged: its silence will show
        return Holder(_epoch(path.name), path, stamp)


def _epoch(name: str) -> int:
    word, _, number = name.rpartition(".")
    return int(number) if word == ".claim" and number.isdigit() else 0


class _Heart:
    """One thread that gives the signs of life of all claims of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changed = threading.Event()
        self._due: dict[Claim, float] = {}
        self._thread: threading.Thread | None = None

    def add(self, claim: Claim) -> None:
        with self._lock:
            self._due[claim] = time.monotonic() + claim.beat_s
            if self._thread is None or not self._thread.is_alive():  # not inherited by a fork
                self._thread = threading.Thread(target=self._go_on, daemon=True, name="heart")
                self._thread.start()
        self._changed.set()

    def remove(self, claim: Claim) -> None:
        with self._lock:
            self._due.pop(claim, None)

    def _go_on(self) -> None:
        while True:
            self._changed.clear()
            self._changed.wait(self._beat())

    def _beat(self) -> float | None:
        """Beat what is due; return the seconds until the next, None for never."""
        with self._lock:
            now = time.monotonic()
            for claim in [claim for claim, due in self._due.items() if due <= now]:
                with contextlib.suppress(OSError):
                    claim.beat()
                self._due[claim] = now + claim.beat_s
            return min(self._due.values()) - now if self._due else None


_heart = _Heart()
