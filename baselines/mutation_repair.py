"""Program repair by mutation: every small change of the code, one after the other."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from trace_core import ParameterNode
from trace_core.optimizers import Optimizer
from trace_core.opto import FEEDBACK

ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod)
COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)


class MutationRepair(Optimizer):
    """Tries all programs that differ from the first in one operator or number, until one is right.

    Mutations as in mutation testing (DeMillo, Lipton and Sayward, 1978): most mistakes of good
    programmers are so small. It reads no feedback; a run ends when its problem is solved.

    Args:
        parameters: the code of one function.
    """

    needs: ClassVar[frozenset[str]] = frozenset({FEEDBACK, "code"})

    def __init__(self, parameters: Sequence[ParameterNode[Any]]) -> None:
        super().__init__(parameters)
        self._start = self.parameters[0].data
        self._programs = mutants(self._start)

    def step(self) -> dict[str, Any]:
        """Write the next program; the first one again when there are no more."""
        entry: dict[str, Any] = {}
        if self.outcomes:
            program = next(self._programs, None)
            self.parameters[0].update(self._start if program is None else program)
            entry["note"] = "no change is left to try" if program is None else "a small change"
        self.log.append(entry)
        return entry


def mutants(code: str) -> Iterator[str]:
    """Every program with one small change, each once, in the order of the code."""
    tree = ast.parse(code)
    seen = {ast.unparse(tree)}
    for place, node in enumerate(ast.walk(tree)):
        for changed in _changes(node):
            program = ast.unparse(_replaced(tree, place, changed))
            if program not in seen:
                seen.add(program)
                yield program


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    """What could stand in place of a node."""
    if isinstance(node, ast.BinOp):
        yield from (ast.BinOp(node.left, op(), node.right) for op in ARITHMETIC)
    elif isinstance(node, ast.Compare) and isinstance(node.ops[0], COMPARISONS):
        for op in COMPARISONS:
            yield ast.Compare(node.left, [op(), *node.ops[1:]], node.comparators)
    elif isinstance(node, ast.BoolOp):
        yield from (ast.BoolOp(op(), node.values) for op in (ast.And, ast.Or))
    elif isinstance(node, ast.Constant) and not isinstance(node.value, bool):
        number = node.value
        if isinstance(number, (int, float)):
            yield from (ast.Constant(value) for value in (number + 1, number - 1, -number))


def _replaced(tree: ast.AST, place: int, changed: ast.AST) -> ast.AST:
    """A copy of the tree with another node in a place of `ast.walk`."""
    twin = copy.deepcopy(tree)
    old = next(node for k, node in enumerate(ast.walk(twin)) if k == place)

    class Replacer(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> Any:
            return copy.deepcopy(changed) if node is old else self.generic_visit(node)

    replaced: ast.AST = Replacer().visit(twin)
    return ast.fix_missing_locations(replaced)
