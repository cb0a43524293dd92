"""True, False, not, and, or."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

DEPTH = 3


def boolean_expression(rng: np.random.Generator) -> tuple[str, str]:
    """An expression in Python's spelling; every operation is in brackets but the outermost."""
    text, value = _two(DEPTH, rng)
    return f"{text} is", str(value)


def _term(depth: int, rng: np.random.Generator) -> tuple[str, bool]:
    if rng.random() < 0.3:
        text, value = _term(depth, rng)
        return f"not {text}", not value
    if depth == 0 or rng.random() < 0.3:
        value = bool(rng.integers(2))
        return str(value), value
    text, value = _two(depth, rng)
    return f"( {text} )", value


def _two(depth: int, rng: np.random.Generator) -> tuple[str, bool]:
    left, right = _term(depth - 1, rng), _term(depth - 1, rng)
    both = bool(rng.integers(2))
    value = (left[1] and right[1]) if both else (left[1] or right[1])
    return f"{left[0]} {'and' if both else 'or'} {right[0]}", value
