"""How `trace-bench compare` looks on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .compare import Comparison
from .numerals import number

if TYPE_CHECKING:
    from rich.console import Console


def show(comparisons: Sequence[Comparison], console: Console) -> None:
    """Print the verdict and the numbers of each task."""
    for found in comparisons:
        direction = "lower" if found.lower_is_better else "higher"
        title = f"{found.task}: {found.unit} ({direction} is better)"
        console.print(title, style="bold", markup=False, soft_wrap=True)
        for line in (f"A  {found.a}", f"B  {found.b}", found.verdict, *_details(found)):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        console.print()


def _details(found: Comparison) -> list[str]:
    result = found.result
    test = f"p = {found.adjusted:.2g}" if found.adjusted is not None else "not made"
    lines = [
        f"tied on {result.tied}; probability that B is better: {number(result.improvement)}; "
        f"Wilcoxon signed-rank test: {test}"
    ]
    if found.budgets:
        lines.append(found.budgets)
    if found.only_a or found.only_b:
        lines.append(f"not compared: {found.only_a} problems only in A, {found.only_b} only in B")
    if found.unfinished_a or found.unfinished_b:
        lines.append(f"left out, unfinished: {found.unfinished_a} of A, {found.unfinished_b} of B")
    if found.mixed:
        lines.append(f"Runs made with different versions of {', '.join(found.mixed)} are mixed.")
    if found.mock:
        lines.append("The mock LLM answers at random: this is no result about a model.")
    return lines
