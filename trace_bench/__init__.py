"""The harness: composes, runs, resumes and draws what `tasks` and `baselines` offer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .loading import load as load

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import what is heavy when it is first asked for: `trace-bench --help` must be quick."""
    if name == "load":
        from .loading import load

        return load
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
