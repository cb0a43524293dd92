"""Registers the environments with gymnasium: importing this module is all that is to be done.

`gymnasium.make("trace_bench.tasks.metaworld.envs:language/push-v3", control="relative")` does both.
"""

from __future__ import annotations

import gymnasium

from .names import ENVS, SUFFIX

NAMESPACE = "language"

for name in ENVS:
    gymnasium.register(
        f"{NAMESPACE}/{name}{SUFFIX}",
        entry_point=f"{__package__}.environment:LanguageFeedback",
        kwargs={"env": name},
    )
