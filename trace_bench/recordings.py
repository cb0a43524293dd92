"""Recordings of LLM answers: found for a run, made from run folders, looked through."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from trace_core import UserError
from trace_core.llm import (
    RECORDING_SUFFIX,
    Exchange,
    recorded_exchanges,
    recorded_runs,
    write_recording,
)

from .record import RunRecord
from .selection import Selection
from .store import RunFolder, folders

FOLDER = Path("results/replays")
"""Where recordings are looked for first; those that came with the package are looked at next."""


REQUIRED = ("id", "llm", "mock", "stop_reason", "config")
"""What a recording says of a run, beside its scores."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One recorded run: the file, its place there, and what the file says that it is."""

    path: Path
    place: int
    description: Mapping[str, Any]

    @property
    def llm(self) -> str:
        """Who was asked."""
        return str(self.description["llm"])

    @property
    def config(self) -> Mapping[str, Any]:
        """What the run's name was made of."""
        found: Mapping[str, Any] = self.description["config"]
        return found

    def fits(self, config: Mapping[str, Any]) -> bool:
        """Whether its answers are those of a run: same problem, same optimizer, no more steps."""
        if any(self.config[key] != config[key] for key in ("task", "optimizer", "seed")):
            return False
        ended = self.description["stop_reason"] != "budget"
        return bool(ended or config["iterations"] <= self.config["iterations"])


def files(path: Path | None) -> list[Path]:
    """Return the recordings in a file or folder; None looks in the usual places.

    Raises:
        UserError: a path was given and there is nothing.
    """
    if path is None:
        usual = (FOLDER, packaged())
        return list({file.resolve(): file for p in usual for file in _within(p)}.values())
    if path.is_dir():
        return _within(path)
    if not path.exists():
        raise UserError(f"There is no recording {path}: `trace-bench replays list` shows some.")
    return [path]


def packaged() -> Path:
    """Where the recordings lie that came with the package."""
    return Path(str(resources.files("trace_bench") / "replays"))


def _within(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{RECORDING_SUFFIX}"))


def recordings(path: Path | None) -> Iterator[Recording]:
    """Yield every recorded run, file by file in the order of their names."""
    for file in files(path):
        for place, description in enumerate(recorded_runs(file)):
            missing = [key for key in (*REQUIRED, "scores") if key not in description]
            if missing:
                raise UserError(f"{file} does not say of its run {place}: {', '.join(missing)}.")
            yield Recording(file, place, description)


def fitting(
    config: Mapping[str, Any], path: Path | None = None, model: str | None = None
) -> Recording | None:
    """Return the first recorded run that has a run's answers; the longest of a file comes first.

    Args:
        config: what the run's name is made of, without its LLM.
        path: a file or folder; None looks in the usual places.
        model: part of the LLM's name; None takes any that is a model rather than a mock.
    """
    found = [r for r in recordings(path) if r.fits(config) and _is_meant(r, model)]
    return max(found, key=lambda r: (r.path == found[0].path, r.config["iterations"]), default=None)


def differences(config: Mapping[str, Any], path: Path | None = None) -> str:
    """Say with which other settings the nearest run of that task and optimizer was recorded."""
    of_kind = [
        recording
        for recording in recordings(path)
        if not recording.description["mock"]
        and all(recording.config[k]["name"] == config[k]["name"] for k in ("task", "optimizer"))
    ]
    told = [_difference(recording.config, config) for recording in of_kind]
    nearest = min(filter(None, told), key=lambda words: (len(words), words), default=[])
    return f" Recorded is a run with {', '.join(nearest)}." if nearest else ""


def _difference(recorded: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """The words that would choose the recorded run, where they are not the wanted one's."""
    words = []
    for group in ("task", "optimizer"):
        for key, value in recorded[group].items():
            if key != "version" and wanted[group].get(key) != value:
                words.append(f"{group}.{key}={json.dumps(value)}")
    words += [f"seed={recorded['seed']}"] if recorded["seed"] != wanted["seed"] else []
    if wanted["iterations"] > recorded["iterations"]:
        words.append(f"iterations={recorded['iterations']}")
    return words


def _is_meant(recording: Recording, model: str | None) -> bool:
    return not recording.description["mock"] if model is None else model in recording.llm


def pack(out: Path, file: Path, words: str | None) -> tuple[int, int, int]:
    """Write a recording of the finished runs in a folder that asked an LLM.

    Args:
        out: folder of the run folders.
        file: the recording.
        words: KEY=VALUE[,KEY=VALUE] chooses among the runs.

    Returns:
        How many runs and answers it has, and how many unfinished runs were left out.

    Raises:
        UserError: there are no such runs, or the file has another ending.
    """
    if not file.name.endswith(RECORDING_SUFFIX):
        raise UserError(f"{file} must end in {RECORDING_SUFFIX}.")
    chosen = Selection.of(words) if words else None
    found = [(f, r) for f in folders(out) for r in [f.record()] if r and r.llm]
    meant = [(f, r) for f, r in found if chosen is None or r in chosen]
    ready = [(f, r) for f, r in meant if r.status == "finished"]
    if not ready:
        raise UserError(
            f"No finished run in {out} asked an LLM{f' with {words}' if words else ''}."
        )
    answers = write_recording(file, [(_description(f, r), _asked(f, r)) for f, r in ready])
    return len(ready), answers, len(meant) - len(ready)


def _description(folder: RunFolder, record: RunRecord) -> dict[str, Any]:
    kept = (*REQUIRED, "versions", "llm_settings", "machine")
    described = {k: v for k, v in record.model_dump(mode="json").items() if k in kept}
    return {**described, "scores": [row.score for row in folder.rows()]}


def _asked(folder: RunFolder, record: RunRecord) -> list[Exchange]:
    """What a run asked; a resumed one may have written some answer twice."""
    found = {exchange.key: exchange for exchange in folder.exchanges()}
    if len(found) < record.ledger.calls:
        raise UserError(f"{folder.path} lacks answers that its steps had: run it again.")
    return list(found.values())


def stale(recording: Recording) -> str | None:
    """Say why the present code would not make the recorded run; None if it would.

    Raises:
        UserError: the file is damaged.
    """
    from .plan import choose

    for group in ("task", "optimizer"):
        then = recording.config[group]
        try:
            now = choose(group, {k: v for k, v in then.items() if not k.endswith("version")})
        except UserError as error:
            return str(error)
        if differing := [k for k in {*then, *now.config} if then.get(k) != now.config.get(k)]:
            return f"{group}.{min(differing)} is another now"
    recorded_exchanges(recording.path, recording.place)
    return None


def unlike(path: Path, place: int, scores: Sequence[float | None]) -> str | None:
    """Say where the scores of a replayed run, which may be shorter, are not the recorded ones."""
    recorded = recorded_runs(path)[place]["scores"]
    for iteration, (now, then) in enumerate(zip(scores, recorded, strict=False)):
        if _text(now) != _text(then):
            return f"iteration {iteration} scored {_text(now)}, and {_text(then)} when recorded"
    return None


def _text(score: float | None) -> str:
    return "nothing" if score is None else f"{score:.9g}"


def by_kind(found: Iterable[Recording]) -> dict[tuple[str, ...], list[Recording]]:
    """Put recordings together that differ in seed and settings only."""
    groups: dict[tuple[str, ...], list[Recording]] = {}
    for recording in found:
        names = (recording.config[g]["name"] for g in ("task", "optimizer"))
        groups.setdefault((str(recording.path), recording.llm, *names), []).append(recording)
    return groups


def answers(found: Sequence[Recording]) -> int:
    """How many answers recordings have together."""
    return sum(len(recorded_exchanges(r.path, r.place)) for r in found)
