"""The LLM of a run: made out before the run has its name, and asked within limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trace_core import UserError
from trace_core.llm import LLM, UNLIMITED, AnswerCache, Limits, Recorder

from . import settings

PATIENCE = frozenset(
    {"max_retries", "timeout_s", "concurrency", "requests_per_minute", "tokens_per_minute"}
    | {"usd_per_million", "path", "context", "slots", "threads"}
)
"""Settings of an LLM that change no answer: a run may be resumed with others."""
CACHE = "cache"
"""A key of an LLM's config that is the harness's and not the LLM's."""


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


def resolved(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return an LLM's part of a config in which equal models are equal, wherever they lie.

    Raises:
        UserError: there is no such model.
    """
    own = {key: value for key, value in values.items() if key != CACHE}
    return _named(own) if own.get("kind") == "local" else own


def _named(values: Mapping[str, Any]) -> dict[str, Any]:
    """Give a local model its name and checksum, which its path is not part of."""
    from trace_core.llm._models import identity

    path = values.get("path")
    name, sha256 = identity(str(values.get("model")), None if path is None else str(path))
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
