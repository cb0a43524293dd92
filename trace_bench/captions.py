"""What the words in a figure say: whose line it is, what is missing, what bands mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .axes import COSTS, LABELS
from .curves import Curve, updates
from .groups import setting
from .mixtures import SOURCE, mixed_versions
from .outcomes import counts
from .published import PublishedCurve
from .statistics import FEWEST


def legend(curve: Curve) -> str:
    """Say which method a line is, of how many runs, and what of them is missing."""
    fewest, most = curve.sizes[0], curve.sizes[-1]
    places = "" if curve.axis in LABELS else " at each place"
    notes = [f"n = {fewest if fewest == most else f'{fewest} to {most}'}{places}"]
    if fewest < FEWEST:
        notes.append("too few for an interval")
    group = curve.group
    left_out = len(group.records) - curve.n
    notes += [f"{group.count('failed')} of them failed"] if group.count("failed") else []
    notes += [f"{left_out} unfinished, left out"] if left_out else []
    notes += [f"{curve.failures} failed iterations"] if curve.failures else []
    return f"{group.label}: {', '.join(notes)}"


def caption(
    curves: Sequence[Curve], published: Sequence[PublishedCurve], *, cut: bool = False
) -> str:
    """Say what bands, lines and gaps in a figure mean, and whose answers are in it.

    Args:
        curves: the lines.
        published: the paper's.
        cut: whether a band runs off the axis.
    """
    parts = [
        "Bands: 95 % bootstrap intervals over seeds, at each place by itself.",
        "A run that has solved its problem keeps its last value.",
    ]
    if cut:
        parts.append("A band that leaves the figure goes much further.")
    axis = curves[0].axis
    if axis in COSTS:
        parts.append(
            "What an iteration took counts when the next one is reached; a run that has ended "
            "keeps its last value."
        )
    if any(curve.failures or curve.group.count("failed") for curve in curves):
        parts.append("Failures count as the worst score; where that is infinite, no mean is drawn.")
    models = sorted({c.group.llm for c in curves if c.group.llm and not c.group.mock})
    if models:
        parts.append(f"LLM: {', '.join(models)}.")
    if published:
        parts.append("Dashed: the paper's means with GPT-4-0125-preview, read off its figure.")
    parts += _lacking(curves)
    if any(curve.group.mock for curve in curves):
        parts.append("The mock LLM answers at random: its line is no model's result.")
    return " ".join(parts)


def _lacking(curves: Sequence[Curve]) -> Iterator[str]:
    """Say which methods have no line, and what makes lines hard to compare."""
    empty = [curve for curve in curves if not curve.drawn]
    unfinished = [curve.group.label for curve in empty if not curve.n]
    without = [curve.group.label for curve in empty if curve.n]
    if unfinished:
        yield f"Nothing finished yet: {', '.join(unfinished)}."
    if without:
        yield f"Not drawn, for their {curves[0].axis} are 0 or unknown: {', '.join(without)}."
    if len({_seeds(curve) for curve in curves if curve.drawn}) > 1:
        yield "Not all lines are over the same seeds; `trace-bench compare` pairs those they share."
    if len(made := updates(curves)) > 1:
        yield f"Lines end after {min(made)} to {max(made)} updates."
    records = [record for curve in curves for record in curve.group.records]
    mixed = [name for name in mixed_versions(records) if name != SOURCE]
    if mixed:
        yield f"Runs made with different versions of {', '.join(mixed)} are mixed."


def _seeds(curve: Curve) -> frozenset[tuple[str, int]]:
    """The seeds, at each value of the setting if the axis is one."""
    ended = (record for record in curve.group.records if counts(record))
    return frozenset((str(setting(record, curve.axis)), record.seed) for record in ended)
