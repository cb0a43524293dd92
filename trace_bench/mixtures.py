"""Runs that were made with different versions of something, and so are not quite comparable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from .record import RunRecord

SOURCE = "trace-bench's source"


def mixed_versions(records: Iterable[RunRecord]) -> dict[str, Counter[str]]:
    """Return the packages that are not the same for all runs, with the number of runs of each."""
    found = [_versions(record) for record in records]
    names = dict.fromkeys(name for versions in found for name in versions)
    counted = {name: Counter(versions.get(name, "none") for versions in found) for name in names}
    return {name: counts for name, counts in counted.items() if len(counts) > 1}


def said(mixed: Mapping[str, Counter[str]]) -> list[str]:
    """Say it, a line for each package."""
    return [
        f"Different versions of {name}: "
        + ", ".join(f"{version} ({n} runs)" for version, n in counts.most_common())
        for name, counts in mixed.items()
    ]


def _versions(record: RunRecord) -> Mapping[str, str]:
    git = record.git
    if git is None:
        return record.versions
    changed = " with changes" if git.get("dirty") else ""
    return record.versions | {SOURCE: f"{str(git.get('commit', ''))[:8]}{changed}"}
