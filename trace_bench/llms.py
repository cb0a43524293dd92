"""The LLM of a run: made out before the run has its name, and asked within limits."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from trace_core import UserError
from trace_core.llm import LLM, UNLIMITED, AnswerCache, Limits, Recorder

from . import settings
from .compose import composed_file
from .recordings import FOLDER, Recording, differences, fitting, recordings

T = TypeVar("T")

PATIENCE = frozenset(
    {"max_retries", "timeout_s", "concurrency", "requests_per_minute", "tokens_per_minute"}
    | {"usd_per_million", "path", "server"}
)
"""Settings of an LLM that are no part of a run's name: they say where and how patiently to ask.

A path's file is in the name by its checksum. Another build of a server may answer otherwise, like
another version of a package: records say which it was, and a run goes on only with the same one.
"""
CACHE = "cache"
"""A key of an LLM's config that is the harness's and not the LLM's."""
WEAK = "local/smollm2-135m"
"""The default of `llm=local`: it shows that all works, not how well."""


@dataclass(frozen=True, slots=True)
class Asking:
    """How a run may ask its LLM. It changes no answer, so it is no part of the run's name.

    Attributes:
        limits: how much may be asked.
        offline: whether only what is recorded may answer.
        cache: the file of answers that runs share.
    """

    limits: Limits = UNLIMITED
    offline: bool = False
    cache: Path | None = None

    @classmethod
    def of(cls, llm: Mapping[str, Any], limits: Mapping[str, Any], offline: bool) -> Asking:
        """Read the parts of a config.

        Raises:
            UserError: a limit or the cache is not of the right type.
        """
        valid = settings.validate("limits", "", Limits, limits)
        chosen = Limits(**{name: getattr(valid, name) for name in type(valid).model_fields})
        return cls(chosen, offline, _cache(llm.get(CACHE)))

    def recorder(self, llm: LLM, path: Path, seed: int) -> Recorder:
        """Return what the optimizer of a run asks."""
        cache = AnswerCache(self.cache) if self.cache else None
        return Recorder(llm, path, seed=seed, cache=cache, limits=self.limits, offline=self.offline)


@dataclass(frozen=True, slots=True)
class Auto:
    """The settings of `llm=auto`.

    Attributes:
        model: of whichever way it becomes; None leaves it to that.
        order: which ways to get an LLM are tried, one after the other.
    """

    model: str | None = None
    order: tuple[Literal["openai", "replay", "local"], ...] = ("openai", "replay", "local")


@dataclass(frozen=True, slots=True)
class Replay:
    """The settings of `llm=replay`.

    Attributes:
        path: a recording or a folder of some; None looks in results/replays and in the package.
        model: part of the name of the LLM that was recorded; None takes the first file's.
        drift: accept prompts whose numbers differ in their last digit.
    """

    path: str | None = None
    model: str | None = None
    drift: bool = False

    def find(self, config: Mapping[str, Any]) -> Recording | None:
        """Return the recording of a run."""
        return fitting(config, None if self.path is None else Path(self.path), self.model)


CHOOSERS: Mapping[str, type[Any]] = {"auto": Auto, "replay": Replay}
"""Kinds that stand for other ones."""


@dataclass(frozen=True, slots=True)
class MadeOut:
    """What an LLM's part of a config stands for.

    Attributes:
        values: the part with a kind that has a class; what was recorded, for a replay.
        recording: the recorded run that answers; None if the LLM itself does.
        drift: whether the recording may answer prompts that differ in last digits.
        banner: what the user should know of how the choice was made.
    """

    values: Mapping[str, Any]
    recording: Recording | None = None
    drift: bool = False
    banner: str = ""


def made_out(values: Mapping[str, Any], run: Mapping[str, Any], *, offline: bool) -> MadeOut:
    """Replace "auto" and "replay" by what they stand for here and for this run.

    Args:
        values: the LLM's part of a config.
        run: what the run's name is made of, without the LLM.
        offline: whether only what is recorded may answer.

    Raises:
        UserError: no recording fits, or a setting is wrong.
    """
    own = {key: value for key, value in values.items() if key != CACHE}
    kind = own.get("kind")
    if kind == "replay":
        return _replayed(_settings(Replay, own), run)
    if kind == "auto":
        return _automatic(_settings(Auto, own), run, offline=offline)
    return MadeOut(_named(own) if kind == "local" else own)


def _settings(cls: type[T], values: Mapping[str, Any]) -> T:
    valid = settings.validate("llm", str(values["name"]), cls, values)
    return cls(**{name: getattr(valid, name) for name in type(valid).model_fields})


def _replayed(wanted: Replay, run: Mapping[str, Any]) -> MadeOut:
    found = wanted.find(run)
    if found:
        return _from(found, drift=wanted.drift)
    what = f"{run['task']['name']} {run['optimizer']['name']} seed {run['seed']}"
    where = wanted.path or f"{FOLDER} and in the package"
    nearest = differences(run, None if wanted.path is None else Path(wanted.path))
    raise UserError(
        f"No recording in {where} fits {what} with these settings.{nearest} "
        "`trace-bench replays list` shows what there is; to record, run it with llm=NAME, then "
        "`trace-bench replays pack`."
    )


def _from(found: Recording, *, drift: bool = False) -> MadeOut:
    banner = f"answers of {found.llm} are replayed from {found.path}"
    return MadeOut(found.config["llm"], found, drift, banner)


def _automatic(wanted: Auto, run: Mapping[str, Any], *, offline: bool) -> MadeOut:
    """Take the first way that there is, or openai, whose error says what to do."""
    # Offline, what is recorded is all that can answer.
    ways = sorted(wanted.order, key=lambda way: offline and way != "replay")
    for way in ways:
        if way == "openai" and _has_openai():
            return MadeOut(own := _config(way, wanted.model), banner=_openai_banner(own))
        if way == "replay" and (found := Replay(model=wanted.model).find(run)):
            return replace(_from(found), banner=f"llm=auto: {_from(found).banner}")
        if way == "local" and (model := _local_model(wanted.model)):
            return MadeOut(_named(_config(way, model)), banner=_local_banner(model))
    return MadeOut(_config("openai", wanted.model))


def _config(name: str, model: str | None) -> dict[str, Any]:
    own = {key: value for key, value in composed_file("llm", name).items() if key != CACHE}
    return own if model is None else own | {"model": model}


def _has_openai() -> bool:
    names = ("OPENAI_API_KEY", "OPENAI_BASE_URL")
    return any(os.environ.get(name, "").strip() for name in names)


def _server() -> str:
    own = os.environ.get("OPENAI_BASE_URL", "").strip()
    return "the server in OPENAI_BASE_URL" if own else "OpenAI, with the key in OPENAI_API_KEY,"


def _openai_banner(values: Mapping[str, Any]) -> str:
    from trace_core.llm import OpenAIClient

    price = OpenAIClient.price(**values)
    cost = f" ({price.prompt:g} and {price.completion:g} USD a million tokens)" if price else ""
    return f"llm=auto: {_server()} is asked for {values['model']}{cost}; llm.model=… changes it"


def _local_model(wanted: str | None) -> str | None:
    """The name of the local model if it can answer without a large download."""
    from trace_core.llm import local_models

    name = str(_config("local", wanted)["model"])
    return name if local_models.ready(name) else None


def _local_banner(model: str) -> str:
    weak = " It is a very small model." if f"local/{model}" == WEAK else ""
    return (
        f"llm=auto: {model} on this machine is asked; OPENAI_API_KEY or llm=NAME changes it.{weak}"
    )


def checks() -> Iterator[tuple[str, bool | None, str, str]]:
    """What `trace-bench doctor` says: a name, whether it works, what is there, what follows."""
    from trace_core.llm import local_models

    here = [name for name in local_models.MODELS if local_models.is_here(name)]
    works = local_models.can_serve()
    others = ", ".join(name for name in local_models.MODELS if name not in here) or "none"
    meaning = "llm=local can be used" if works else "pip install 'trace-bench[local]'"
    found = ", ".join(here) or "no model yet"
    yield "llm local", works, found, f"{meaning}; fetched when first used: {others}"
    yield _check_of_recordings()


def _check_of_recordings() -> tuple[str, bool | None, str, str]:
    try:
        found = list(recordings(None))
    except UserError as error:
        return "llm replay", False, "cannot be read", str(error)
    names = ", ".join(dict.fromkeys(r.llm for r in found))
    meaning = f"llm=replay answers them: {names}" if found else "llm=replay has nothing to answer"
    return "llm replay", None, f"{len(found)} recorded runs", meaning


def _named(values: Mapping[str, Any]) -> dict[str, Any]:
    """Give a local model its name and checksum, which its path is not part of."""
    from trace_core.llm import local_models

    path = values.get("path")
    name, sha256 = local_models.identity(
        str(values.get("model")), None if path is None else str(path)
    )
    return {**values, "model": name, "sha256": values.get("sha256") or sha256}


def _cache(value: Any) -> Path | None:
    if value is None or value is False:
        return None
    if value is True:
        from platformdirs import user_cache_path

        return user_cache_path("trace-bench") / "answers.sqlite"
    if isinstance(value, str) and value:
        return Path(value)
    raise UserError(f"llm.cache={value!r} is not allowed: give a file, true or null.")
