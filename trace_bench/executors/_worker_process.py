"""A process that does jobs: the side that hands them out."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile

from trace_bench.job import Ended

PROGRAM = ("-m", "trace_bench.executors._worker")
CLOSING_S = 5.0
SHOWN_CHARACTERS = 200


class Died(Exception):
    """The worker has ended without saying how its job did."""


class WorkerProcess:
    """One worker. It goes when its standard input ends, and so when this process does."""

    def __init__(self) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 as long as the worker
        self._process = subprocess.Popen(
            [sys.executable, *PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            # What can be imported here can be there.
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            # Ctrl-C is for us, who pass it on; a second one kills the group.
            start_new_session=True,
        )

    def do(self, path: str) -> Ended:
        """Do the job in a folder.

        Raises:
            Died: the worker has been killed, has crashed, or cannot be started.
        """
        assert self._process.stdin and self._process.stdout
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(path.encode() + b"\n")
            self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if answer.endswith(b"\n"):
            return Ended(**json.loads(answer))
        why = self._why()
        self.close()
        raise Died(why)

    def interrupt(self) -> None:
        """Make the job stop in good order."""
        self._process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """End the worker, and what it has started, at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End the worker."""
        assert self._process.stdin and self._process.stdout
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(CLOSING_S)
        except subprocess.TimeoutExpired:
            self.kill()
            self._process.wait()
        self._process.stdout.close()
        self._errors.close()

    def _why(self) -> str:
        code = self._process.wait()
        if code < 0:
            return f"its process was killed by {signal.Signals(-code).name}"
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        said = f" ({lines[-1][:SHOWN_CHARACTERS]})" if lines else ""
        return f"its process ended with exit code {code}{said}"
