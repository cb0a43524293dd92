"""Two brackets of four small numbers each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .picking import one

if TYPE_CHECKING:
    import numpy as np

OPERATORS = ("+", "-", "*")
LARGEST = 9


def arithmetic(rng: np.random.Generator) -> tuple[str, str]:
    """An expression in Python's spelling, with its rules of precedence."""
    (left, a), (right, b) = _bracket(rng), _bracket(rng)
    operator = one(OPERATORS, rng)
    return f"({left} {operator} {right}) =", str(_applied(a, operator, b))


def _bracket(rng: np.random.Generator) -> tuple[str, int]:
    numbers = [int(n) for n in rng.integers(-LARGEST, LARGEST + 1, size=4)]
    operators = [one(OPERATORS, rng) for _ in range(3)]
    text = str(numbers[0])
    for operator, number in zip(operators, numbers[1:], strict=True):
        text += f" {operator} {number}"
    return f"({text})", _value(numbers, operators)


def _value(numbers: list[int], operators: list[str]) -> int:
    """Products first, then sums from left to right."""
    total, sign, product = 0, 1, numbers[0]
    for operator, number in zip(operators, numbers[1:], strict=True):
        if operator == "*":
            product *= number
        else:
            total += sign * product
            sign, product = (1 if operator == "+" else -1), number
    return total + sign * product


def _applied(a: int, operator: str, b: int) -> int:
    return a + b if operator == "+" else a - b if operator == "-" else a * b
