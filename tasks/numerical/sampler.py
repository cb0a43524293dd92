"""Draws arithmetic graphs (App. H.2, completed by what its authors published beside the paper).

All randomness comes from the generator that is passed in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from .graph import (
    ARITHMETIC,
    COMPARISONS,
    Choice,
    Constant,
    Graph,
    Instruction,
    Operand,
    Operation,
    Value,
)

if TYPE_CHECKING:
    import numpy as np

T = TypeVar("T")

WHOLE_NUMBERS = (-3.0, -2.0, -1.0, 1.0, 2.0, 3.0)
"""What constants and the hidden x* are drawn from. Floats: then every value of a trace is one."""
CHOICE_PROBABILITY = 0.3


def sample_graph(
    rng: np.random.Generator, *, chain_length: int, max_gen_var: int, logic: bool
) -> Graph:
    """Draw a graph of `chain_length` instructions with at most `max_gen_var` constants."""
    sampler = _Sampler(rng, max_gen_var, logic)
    for _ in range(chain_length):
        sampler.grow()
    return Graph(tuple(sampler.constants), tuple(sampler.instructions))


def sample_solution(rng: np.random.Generator) -> float:
    """Draw the hidden x*."""
    return _pick(rng, WHOLE_NUMBERS)


@dataclass
class _Sampler:
    rng: np.random.Generator
    max_gen_var: int
    logic: bool
    constants: list[float] = field(default_factory=list)
    instructions: list[Instruction] = field(default_factory=list)

    def grow(self) -> None:
        left, right = self.operands()
        if self.logic and self.rng.random() < CHOICE_PROBABILITY:
            comparison = _pick(self.rng, tuple(COMPARISONS))
            then, otherwise = self.operation(left, right), self.operation(left, right)
            self.instructions.append(Choice(comparison, then, otherwise))
        else:
            self.instructions.append(self.operation(left, right))

    def operands(self) -> tuple[Operand, Operand]:
        """Draw a value with a constant or with another value; the two values may be the same one.

        That they may is inferred: with it 16 of 30 problems are solved at the start on average,
        against 14 in the published code, without it 10.
        """
        alone = not self.instructions
        if alone or self.rng.random() < 0.5:
            return self.value(), self.constant()
        return self.value(), self.value()

    def value(self) -> Value:
        """Draw an input-derived value, mostly a late one, so that chains grow deep."""
        import numpy as np

        last = len(self.instructions)
        weights = np.exp(np.arange(-last, 1.0))  # softmax of the index, shifted: no overflow
        return Value(int(self.rng.choice(last + 1, p=weights / weights.sum())))

    def constant(self) -> Constant:
        """Make a constant, or reuse one: the more there are, the more often."""
        made = len(self.constants)
        if self.rng.random() < 1 - made / self.max_gen_var:
            self.constants.append(_pick(self.rng, WHOLE_NUMBERS))
            return Constant(made)
        return Constant(int(self.rng.integers(made)))

    def operation(self, left: Operand, right: Operand) -> Operation:
        """Draw an operator; no division by a constant <= 0."""
        negative = isinstance(right, Constant) and self.constants[right.index] <= 0
        symbols = [symbol for symbol in ARITHMETIC if not (negative and symbol == "/")]
        return Operation(_pick(self.rng, tuple(symbols)), left, right)


def _pick(rng: np.random.Generator, options: tuple[T, ...]) -> T:
    return options[int(rng.integers(len(options)))]
