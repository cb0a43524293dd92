"""The methods of a figure, each compared with one of them on common problems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .compare import Comparison, compared, problem
from .groups import Group
from .inference import holm
from .numerals import number
from .outcomes import SCORE, counts
from .selection import Selection
from .tables import NONE, Table, table, text

REFERENCE = "optoprime"
"""The paper's method, which others are compared with if it is there."""
SHOWN = {"too few": "too few to tell", "nothing": "no difference shown"}
"""In words, what else than "better" or "worse" a comparison may show."""


@dataclass(frozen=True, slots=True)
class PairLine:
    """One method beside the reference; all cells are text.

    Attributes:
        difference: median of the method's score minus the reference's, with its interval.
        chance: probability that the method is better on a problem, ties counting half.
        p: of Wilcoxon's signed-rank test, adjusted for the number of methods (Holm).
    """

    method: str
    better: str
    worse: str
    tied: str
    difference: str
    chance: str
    p: str
    verdict: str


def pairings(
    groups: Sequence[Group], metric: str = SCORE, papers: str | None = None
) -> Table | None:
    """Return the comparisons with the paper's method, or else with the first group.

    Those that share no problem with it are compared with each other in the same way. None if no two
    methods were tried on common problems. Groups without a run that ended are left out, and a mock
    LLM's is only compared with if there is nothing else.

    Args:
        groups: the methods.
        metric: "score", or a held-out metric.
        papers: the words that choose the runs of the paper's method among all of its settings.
    """
    ended = [group for group in groups if any(map(counts, group.records))]
    if not ended:
        return None
    chosen = Selection.of(papers or f"optimizer={REFERENCE}")
    rest = sorted(
        ended, key=lambda g: (g.mock, g.records[0] not in chosen, g.optimizer != REFERENCE)
    )
    found: list[tuple[Group, Comparison]] = []
    references: list[Group] = []
    while rest:
        reference, *others = rest
        pairs = {k: _comparisons(reference, group, metric) for k, group in enumerate(others)}
        found += [(others[k], comparison) for k, made in pairs.items() for comparison in made]
        references += [reference] if any(pairs.values()) else []
        rest = [others[k] for k, made in pairs.items() if not made]
    if not found:
        return None
    adjusted = holm([comparison.result.p for _, comparison in found])
    lines = [
        _line(group, replace(comparison, adjusted=p))
        for (group, comparison), p in zip(found, adjusted, strict=True)
    ]
    return table(PairLine, lines, _note(references))


def _comparisons(reference: Group, group: Group, metric: str) -> list[Comparison]:
    left, right = (
        {problem(record): record for record in g.records if counts(record)}
        for g in (reference, group)
    )
    return compared(left, right, metric)


def _line(group: Group, found: Comparison) -> PairLine:
    result = found.result
    return PairLine(
        method=group.label,
        better=f"{result.better} of {result.n}",
        worse=str(result.worse),
        tied=str(result.tied),
        difference=text(result.difference),
        chance=number(result.improvement),
        p=NONE if found.adjusted is None else f"{found.adjusted:.2g}",
        verdict=SHOWN.get(found.shown, found.shown) + (found.budgets and "; unequal budgets"),
    )


def _note(references: Sequence[Group]) -> str:
    against = "; without a common problem, against ".join(group.label for group in references)
    return (
        f"Each method against {against}: problem by problem, after the last update. "
        "difference: median of its score minus that one's, with its 95 % bootstrap interval over "
        "problems. chance: that it is better on a problem, ties counting half. p: Wilcoxon's "
        "signed-rank test, adjusted for the number of methods (Holm): the verdict is its. A run "
        "that failed is the worst there is, and two that solved their problem are tied."
    )
