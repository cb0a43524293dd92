"""Why runs did not finish: alike causes together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .record import RunRecord


@dataclass(frozen=True, slots=True)
class Cause:
    """Runs that ended for the same reason."""

    status: str
    reason: str
    runs: tuple[str, ...]

    def line(self, out: Path) -> str:
        """Say how many, why, and where to look."""
        runs = "1 run" if len(self.runs) == 1 else f"{len(self.runs)} runs"
        first = out / self.runs[0]
        where = f"{first}/traceback.txt" if self.status == "failed" else f"{first}"
        more = "" if len(self.runs) == 1 else ", for instance"
        return f"{runs} {self.status}: {self.reason} ({where}{more})"


def by_cause(records: Iterable[RunRecord]) -> list[Cause]:
    """Return the causes of what did not finish, the most frequent first."""
    found: dict[tuple[str, str], list[str]] = {}
    for record in records:
        if record.status != "finished":
            reason = record.error or record.stop_reason or "its process has gone"
            found.setdefault((record.status, reason), []).append(record.id)
    causes = [Cause(status, reason, tuple(ids)) for (status, reason), ids in found.items()]
    return sorted(causes, key=lambda cause: -len(cause.runs))
