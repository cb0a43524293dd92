"""The paper's numbers, drawn and printed beside ours: `reference/` says how they were read."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from trace_core import UserError

from .suggestions import did_you_mean, listed


@dataclass(frozen=True, slots=True)
class PublishedCurve:
    """One method's mean in a figure of the paper.

    Attributes:
        method: what the paper's line is.
        ours: which of our runs are that method, as `selection.Selection` reads it.
        points: (iteration, mean over trials), in the unit of our score.
    """

    method: str
    ours: str
    points: tuple[tuple[int, float], ...]


def curves(figure: str, methods: Mapping[str, str]) -> list[PublishedCurve]:
    """Return the published curves of a figure.

    Args:
        figure: a name in the first column of `reference/curves.csv`.
        methods: for each method of that figure that has a counterpart here, the words that choose
            its runs.

    Raises:
        UserError: there is no such figure or method.
    """
    found = _figures().get(figure)
    if found is None:
        hint = did_you_mean(figure, _figures())
        raise UserError(f"The paper's numbers hold no figure {figure!r}.{hint}")
    for method in methods:
        if method not in found:
            raise UserError(f"{figure} has no method {method!r}. It has: {listed(found)}.")
    return [
        PublishedCurve(method, methods.get(method, ""), tuple(points))
        for method, points in found.items()
    ]


@cache
def _figures() -> Mapping[str, Mapping[str, Sequence[tuple[int, float]]]]:
    file = resources.files("trace_bench") / "reference" / "curves.csv"
    found: dict[str, dict[str, list[tuple[int, float]]]] = {}
    for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines()):
        points = found.setdefault(row["figure"], {}).setdefault(row["method"], [])
        points.append((int(row["iteration"]), float(row["mean"])))
    return found
