"""A figure with its table: what `reproduce` writes to files and the report shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from . import figures, published, tables
from .accuracies import methods_of
from .accuracy_tables import both
from .axes import ITERATIONS
from .curves import Curve, by_task
from .experiments import Accuracies, Experiment, Figure
from .groups import setting
from .outcomes import SCORE
from .record import RunRecord
from .results import Result
from .selection import Selection
from .setting_curves import along


@dataclass(eq=False)
class Exhibit:
    """A figure and the runs that it is about. Everything shown of them comes from `curves`."""

    figure: Figure
    results: Sequence[Result]
    title: str = ""
    _curves: dict[str, list[Curve]] = field(default_factory=dict)

    def curves(self, axis: str = ITERATIONS) -> list[Curve]:
        """Return a curve for each method; empty without runs that have the figure's metric."""
        if axis not in self._curves:
            self._curves[axis] = self._made(axis).get(self.figure.task, [])
        return self._curves[axis]

    def _made(self, axis: str) -> dict[str, list[Curve]]:
        figure = self.figure
        if figure.against:
            records = [result.record for result in self.results]
            return along(records, figure.against, figure.metric)
        return by_task(self.results, figure.metric, axis)

    @property
    def name(self) -> str:
        """What its files are called."""
        return self.figure.name

    @cached_property
    def published(self) -> list[published.PublishedCurve]:
        """The paper's curves."""
        figure = self.figure
        return published.curves(figure.paper, figure.methods) if figure.paper else []

    @property
    def unit(self) -> str:
        """What the curves show."""
        metric = self.figure.metric
        return self.curves()[0].group.metric if metric == SCORE else metric

    @cached_property
    def tables(self) -> dict[str, tables.Table]:
        """What the methods end with, beside the paper's numbers; by file name."""
        if self.figure.against:
            return {self.name: tables.along(self.curves(), self.unit)}
        return {self.name: tables.beside(self.curves(), self.published, self.unit)}

    def write(self, out: Path) -> Iterator[Path]:
        """Write figure and table in all their forms.

        Raises:
            UserError: no run is finished, or `out` cannot be written.
        """
        figure, curves = self.figure, self.curves()
        yield from figures.draw(
            figure.task,
            curves,
            figure.statistics,
            out,
            figure.metric,
            published=self.published,
            stem=figure.name,
        )
        yield from _written(self.tables, out)


@dataclass(eq=False)
class AccuracyExhibit:
    """The paper's tables of accuracies; no figure."""

    accuracies: Accuracies
    results: Sequence[Result]
    title: str = ""

    @property
    def name(self) -> str:
        """What its files are called."""
        return self.accuracies.stem

    def curves(self, axis: str = ITERATIONS) -> list[Curve]:
        """None."""
        return []

    @cached_property
    def tables(self) -> dict[str, tables.Table]:
        """Accuracies by task, and their means; by file name."""
        records = [result.record for result in self.results]
        found = methods_of(records, self.accuracies.task, self.accuracies.methods)
        return {f"{self.name}_{end}": table for end, table in both(found).items()}

    def write(self, out: Path) -> Iterator[Path]:
        """Write the tables in all their forms."""
        yield from _written(self.tables, out)


def _written(made: Mapping[str, tables.Table], out: Path) -> Iterator[Path]:
    for name, table in made.items():
        yield from tables.write(table, out, name)


def exhibits(
    experiment: Experiment, found: Sequence[Result]
) -> Iterator[Exhibit | AccuracyExhibit]:
    """Yield an experiment's figures and tables for which there are runs."""
    yield from _figures(experiment, found)
    for accuracies in experiment.accuracies:
        chosen = [result for result in found if result.record.task == accuracies.task]
        if chosen:
            yield AccuracyExhibit(accuracies, chosen, experiment.description)


def _figures(experiment: Experiment, found: Sequence[Result]) -> Iterator[Exhibit]:
    for figure in experiment.figures:
        chosen = [result for result in found if _is_about(figure, result.record)]
        if chosen:
            exhibit = Exhibit(figure, chosen, experiment.description)
            if exhibit.curves():
                yield exhibit


def _is_about(figure: Figure, record: RunRecord) -> bool:
    if record.task != figure.task:
        return False
    if figure.against and setting(record, figure.against) is None:
        return False
    return figure.select is None or record in Selection.of(figure.select)
