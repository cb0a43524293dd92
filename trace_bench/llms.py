"""The LLM of a run: made out before the run has its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PATIENCE = frozenset(
    {"max_retries", "timeout_s", "concurrency", "requests_per_minute", "tokens_per_minute"}
    | {"path", "context", "slots", "threads"}
)
"""Settings of an LLM that change no answer: a run may be resumed with others."""


def resolved(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return an LLM's part of a config in which equal models are equal, wherever they lie.

    Raises:
        UserError: there is no such model.
    """
    return _named(values) if values.get("kind") == "local" else dict(values)


def _named(values: Mapping[str, Any]) -> dict[str, Any]:
    """Give a local model its name and checksum, which its path is not part of."""
    from trace_core.llm._models import identity

    path = values.get("path")
    name, sha256 = identity(str(values.get("model")), None if path is None else str(path))
    return {**values, "model": name, "sha256": values.get("sha256") or sha256}
