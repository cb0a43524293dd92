"""An exhibit as data for the page: its curves along every axis, its tables, its words.

The numbers are those of `Curve.estimates` and `Exhibit.tables`, as in the files of `reproduce`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from trace_bench.axes import ITERATIONS, LABELS
from trace_bench.captions import caption, legend
from trace_bench.curves import Curve
from trace_bench.exhibits import AccuracyExhibit, Exhibit
from trace_bench.figures import TITLES, ours
from trace_bench.pairings import REFERENCE, pairings
from trace_bench.published import PublishedCurve
from trace_bench.scales import scale
from trace_bench.statistics import Estimate
from trace_bench.tables import Table

DIGITS = 6


def as_json(exhibit: Exhibit | AccuracyExhibit) -> dict[str, Any]:
    """Return an exhibit as plain data."""
    shown = {
        "name": exhibit.name,
        "title": exhibit.title,
        "tables": [table_json(table) for table in exhibit.tables.values()],
        "axes": [],
    }
    return shown | (_figure(exhibit) if isinstance(exhibit, Exhibit) else {})


def table_json(table: Table) -> dict[str, Any]:
    """Return a table as plain data."""
    return {"columns": table.columns, "rows": table.rows, "note": table.note}


def _figure(exhibit: Exhibit) -> dict[str, Any]:
    curves = exhibit.curves()
    figure = exhibit.figure
    papers = figure.methods.get(REFERENCE)
    groups = [curve.group for curve in curves]
    pairs = None if figure.against else pairings(groups, figure.metric, papers)
    names = [figure.against] if figure.against else list(LABELS)
    axes = [axis for axis in (_axis(exhibit, name) for name in names) if axis]
    cut = any(each["cut"] for axis in axes for each in axis["statistics"])
    return {
        "task": figure.task,
        "unit": exhibit.unit,
        "mock": any(curve.group.mock for curve in curves),
        "caption": caption(curves, exhibit.published, cut=cut),
        "legend": [_legend(curve) for curve in curves],
        "axes": axes,
        "pairs": table_json(pairs) if pairs else None,
    }


def _legend(curve: Curve) -> dict[str, Any]:
    drawn = curve.drawn
    return {"label": legend(curve), "mock": curve.group.mock, "drawn": drawn}


def _axis(exhibit: Exhibit, name: str) -> dict[str, Any] | None:
    curves = exhibit.curves(name)
    if not any(curve.drawn for curve in curves):
        return None
    return {
        "name": name,
        "label": LABELS.get(name, name),
        "whole": name not in ("usd", "seconds"),
        "statistics": [
            {"name": key, "title": title} | _lines(exhibit, curves, key)
            for key, title in TITLES.items()
        ],
    }


def _lines(exhibit: Exhibit, curves: Sequence[Curve], statistic: str) -> dict[str, Any]:
    estimates = [curve.estimates(statistic) for curve in curves]
    along_iterations = curves[0].axis == ITERATIONS
    papers = exhibit.published if statistic == "mean" and along_iterations else []
    chosen = scale([point for points in estimates for point in points])
    return {
        "scale": asdict(chosen),
        "cut": chosen.cuts,
        "lines": [[_point(x, e) for x, e in points] for points in estimates],
        "papers": [_paper(line, curves) for line in papers],
    }


def _point(x: float, found: Estimate) -> list[float | str | None]:
    return [short(x), short(found.value), as_number(found.low), as_number(found.high)]


def _paper(line: PublishedCurve, curves: Sequence[Curve]) -> dict[str, Any]:
    drawn = [curve for curve in curves if curve.drawn]
    k = ours(line, drawn)
    place = None if k is None else curves.index(drawn[k])
    return {"method": line.method, "like": place, "points": line.points}


def as_number(value: float | None) -> float | str | None:
    """A number as JSON has it; NaN and infinities as the texts that JavaScript reads."""
    if value is None or math.isfinite(value):
        return None if value is None else short(value)
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def short(value: float) -> float:
    """A number with as many digits as can be seen."""
    return float(f"{value:.{DIGITS}g}")
