"""Runs that were made with different versions of something, and so are not quite comparable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from .record import RunRecord

SOURCE = "trace-bench's source"
SERVERS = {"llama-server", "xllamacpp"}
"""What `llm=local` may be answered by, in `llm_settings`; numbers differ in their last digits."""


def mixed_versions(records: Iterable[RunRecord]) -> dict[str, Counter[str]]:
    """Return the packages that are not the same for all runs, with the number of runs of each.

    Likewise the programs that served a model here, of the runs that say which.
    """
    known = list(records)
    found = [_versions(record) for record in known]
    names = dict.fromkeys(name for versions in found for name in versions)
    counted = {name: Counter(versions.get(name, "none") for versions in found) for name in names}
    for record in known:
        for server in SERVERS & record.llm_settings.keys():
            name = f"the server of {record.llm}"
            counted.setdefault(name, Counter())[f"{server} {record.llm_settings[server]}"] += 1
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
