"""How good a controller is: episodes from the training configuration and from held-out ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from trace_core import sandbox

from .rollout import Episode
from .simulator import Start

METRIC = "test_success"
STOPPED_EPISODES = 3
"""When so many were stopped, no more are played: each may cost the sandbox's whole limit."""


def evaluate(
    trained: Episode, play: Callable[[Start], Episode], starts: Sequence[Start], seconds: float
) -> dict[str, float]:
    """Play an episode from each held-out start; return metrics by name.

    Those that are not played, after `STOPPED_EPISODES` or when time is up, are no successes.

    Args:
        trained: the episode from the training configuration.
        play: acts from a start until the episode's end.
        starts: held out.
        seconds: wall time of them all.

    Returns:
        `METRIC` and train_success (shares, 0 to 1), test_return and train_return (means).
    """
    end = time.perf_counter() + seconds
    played: list[Episode] = []
    stopped = 0
    for start in starts:
        if stopped >= STOPPED_EPISODES or time.perf_counter() > end:
            break
        played.append(play(start))
        stopped += played[-1].error is not None and sandbox.was_stopped(played[-1].error)
    return {
        METRIC: sum(episode.success for episode in played) / len(starts),
        "test_return": sum(episode.total for episode in played) / len(starts),
        "train_success": float(trained.success),
        "train_return": trained.total,
    }
