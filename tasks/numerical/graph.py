"""A random arithmetic program as plain data, and the one evaluator of it.

The evaluator uses Python's operators only, so the same program runs on floats, on trace nodes and
on torch tensors: every optimizer is given the same problem.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


def divide(left: Any, right: Any) -> Any:
    """Left / right, and `left` itself where `right` is 0, so that no graph has a pole on its path.

    Nodes and tensors compare by value; the branch taken is what is recorded and differentiated.
    """
    return left if right == 0 else left / right


ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": divide,
}
COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Value:
    """Operand: the input (index 0) or the result of instruction `index` - 1."""

    index: int


@dataclass(frozen=True, slots=True)
class Constant:
    """Operand: one of the graph's constants."""

    index: int


Operand = Value | Constant


@dataclass(frozen=True, slots=True)
class Operation:
    """`symbol`, a key of `ARITHMETIC`, applied to two operands."""

    symbol: str
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Choice:
    """`then` if its operands satisfy `comparison`, a key of `COMPARISONS`, else `otherwise`.

    Both operations have the same operands. A choice is Python's `if`: only the branch taken is in
    the trace, as in any traced program.
    """

    comparison: str
    then: Operation
    otherwise: Operation


Instruction = Operation | Choice


@dataclass(frozen=True, slots=True)
class Graph:
    """The program: its constants and, in order, the instructions; the last one's result is y."""

    constants: tuple[float, ...]
    instructions: tuple[Instruction, ...]

    def evaluate(self, x: Any, constants: Sequence[Any] | None = None) -> Any:
        """Compute y(x).

        Args:
            x: a float, a node or a scalar tensor; the result is of the same kind.
            constants: what stands for `self.constants`, for instance nodes.

        Raises:
            ExecutionError: x is a node and an operator failed on it.
            Exception: x is not a node, and what its own arithmetic raises (OverflowError).
        """
        memory = _Memory([x], self.constants if constants is None else constants)
        for instruction in self.instructions:
            memory.values.append(memory.execute(instruction))
        return memory.values[-1]


@dataclass(frozen=True, slots=True)
class _Memory:
    values: list[Any]
    constants: Sequence[Any]

    def execute(self, instruction: Instruction) -> Any:
        operation = self.choose(instruction) if isinstance(instruction, Choice) else instruction
        return ARITHMETIC[operation.symbol](self[operation.left], self[operation.right])

    def choose(self, choice: Choice) -> Operation:
        left, right = self[choice.then.left], self[choice.then.right]
        return choice.then if COMPARISONS[choice.comparison](left, right) else choice.otherwise

    def __getitem__(self, operand: Operand) -> Any:
        where = self.values if isinstance(operand, Value) else self.constants
        return where[operand.index]
