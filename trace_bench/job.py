"""One run as a job: a folder that says what to do, for whichever process or machine does it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from trace_core import UserError

from .plan import Resolver, Run
from .store import JOB, RunFolder, write_whole

SCHEMA = 1
How = Literal["done", "busy", "outage", "died", "limit", "refused", "stopped"]


@dataclass(frozen=True, slots=True)
class Ended:
    """How one attempt at a run ended.

    Attributes:
        how: "done" (its record says what came out), "busy" (another process drives it), "outage"
            (the LLM cannot be reached, which may pass), "died" (its process has), "limit" (the
            sweep's), "refused" (the user must do something first) or "stopped" (Ctrl-C).
        why: in words, where there is more to say.
    """

    how: How
    why: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


class NoJob(UserError):
    """The folder holds no job, or there is no folder."""


def write_job(run: Run, folder: RunFolder) -> None:
    """Put into the folder, which is made if need be, all that `read_job` needs."""
    data = {"schema": SCHEMA, "id": run.id, "sweep": run.sweep, "config": run.source}
    path, text = folder.path / JOB, json.dumps(data, indent=1) + "\n"
    with suppress(OSError):  # most often whoever planned the run has written it
        if path.read_text(encoding="utf-8") == text:
            return None
    while True:
        folder.make()
        try:
            return write_whole(path, text, durable=False)
        except UserError as error:
            if not isinstance(error.__cause__, FileNotFoundError):
                raise
            # Another process, which came to nothing, has just removed the folder.


def read_job(path: Path) -> Run:
    """Return the run of a folder.

    Raises:
        NoJob: there is none.
        UserError: it is damaged, or another run here than where it was written.
    """
    data = _data(path / JOB)
    run = replace(_resolver().run(data["config"]), sweep=data["sweep"])
    if run.id != data["id"]:
        raise UserError(
            f"{path} was planned as {data['id']} and is {run.id} here: versions or surroundings "
            "differ. Start the sweep again with what is installed here."
        )
    return run


def _data(path: Path) -> Mapping[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["schema"] == SCHEMA and {"id", "sweep", "config"} <= data.keys():
            return dict(data)
    except OSError as error:
        raise NoJob(
            f"Cannot read {path}: {error.strerror}. `trace-bench run` makes such folders."
        ) from None
    except (ValueError, TypeError, KeyError, AttributeError):
        pass
    raise UserError(f"{path} is damaged or of another version. `trace-bench run` writes it anew.")


@cache
def _resolver() -> Resolver:
    """One for all jobs of this process: equal parts of configs are looked at once."""
    return Resolver()
