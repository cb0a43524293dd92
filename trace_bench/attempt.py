"""One attempt at a run, with whatever ends it sorted by who has to do something about it."""

from __future__ import annotations

from pathlib import Path

from trace_core import UserError
from trace_core.llm import LLMUnavailable

from .claims import Busy, ClaimLost
from .job import Ended, NoJob, read_job
from .plan import Run
from .runner import execute
from .store import RunFolder
from .sweep_limits import SweepLimitReached


def attempt(run: Run, folder: RunFolder) -> Ended:
    """Drive a run to its end, or say why that was not possible."""
    try:
        record = execute(run, folder)
    except (Busy, ClaimLost) as error:
        return Ended("busy", str(error))
    except LLMUnavailable as error:
        return Ended("outage", str(error))
    except SweepLimitReached as error:
        return Ended("limit", str(error))
    except UserError as error:
        return Ended("refused", str(error))
    except KeyboardInterrupt:
        return Ended("stopped")
    return Ended("done", (record.status == "interrupted" and record.stop_reason) or "")


def job(path: str) -> Ended:
    """Do the job in a folder: the same for every executor."""
    try:
        run = read_job(Path(path))
    except NoJob as error:  # another process, which came to nothing, has removed it
        return Ended("busy", str(error))
    except UserError as error:
        return Ended("refused", str(error))
    return attempt(run, RunFolder(Path(path)))
