"""The random state that all code in a process shares, and that nobody here may touch."""

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def global_random_state() -> list[Any]:
    import numpy as np

    algorithm, keys, *rest = np.random.get_state()
    states: list[Any] = [random.getstate(), algorithm, keys.tolist(), rest]
    if "torch" in sys.modules:
        states.append(sys.modules["torch"].get_rng_state().tolist())
    return states


@contextmanager
def random_state_untouched() -> Iterator[None]:
    before = global_random_state()
    yield
    assert global_random_state()[: len(before)] == before
