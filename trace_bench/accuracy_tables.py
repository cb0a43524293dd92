"""Table 1 and the table of the appendix, ours beside the paper's: CSV, Markdown and LaTeX."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import tables
from .accuracies import SUMMARY, Method, means, ours, papers, published, total
from .inference import mean_of_tasks
from .numerals import number
from .record import RunRecord
from .tables import NONE, Table, _minus, table, text

NOTES = {
    "tasks": (
        "Right answers in percent of all test examples; a run that failed, or an example on which "
        "the workflow did, is wrong. In brackets: 95 % Wilson interval; the counts of several "
        "seeds are added, as if no example were in two of their tests. For a task with variants "
        "that the paper does not name, its column has the mean over them."
    ),
    "means": (
        "Means of the accuracies in percent: over files, or over tasks, for which variants are "
        "averaged first. printed: the paper's summary. paper: the mean of the paper's table over "
        "the subsets that ours has; the summary does not follow from it in every column. In "
        "brackets: 95 % interval of a bootstrap over files or tasks, from 5 on."
    ),
}
MEANS = (
    ("all", "all files", False, None),
    ("all", "all tasks", True, "all_23"),
    ("nlp", "NLP tasks", True, "nlp_12"),
    ("algorithmic", "algorithmic files", False, None),
    ("algorithmic", "algorithmic tasks", True, "algorithmic_11"),
    ("generated", "made-up files", False, None),
)
"""Group of subsets, what it is called, whether variants are averaged, column of the summary."""


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A method on a subset. All cells are text, "-" where there is nothing.

    Attributes:
        right: answers by test examples, over all seeds.
        unanswered: examples on which the workflow failed.
        empty: replies in which there was nothing.
    """

    method: str
    subset: str
    paper: str
    ours: str
    difference: str
    right: str
    unanswered: str
    empty: str
    runs: str
    calls: str
    tokens: str
    llm: str


@dataclass(frozen=True, slots=True)
class MeanLine:
    """A method over several subsets."""

    method: str
    over: str
    printed: str
    paper: str
    ours: str
    difference: str
    n: str
    llm: str


def task_lines(found: Sequence[Method]) -> list[TaskLine]:
    """Return a line for each subset and method, by subset."""
    subsets = sorted({subset for method in found for subset in method.runs})
    return [
        _task_line(method, subset, method.runs[subset])
        for subset in subsets
        for method in found
        if subset in method.runs
    ]


def mean_lines(found: Sequence[Method]) -> list[MeanLine]:
    """Return the means of each method, over all subsets and over groups of them."""
    return [line for method in found for line in _mean_lines(method)]


def both(found: Sequence[Method]) -> dict[str, Table]:
    """Return both tables, by the end of their files' name."""
    return {
        "tasks": table(TaskLine, task_lines(found), NOTES["tasks"]),
        "means": table(MeanLine, mean_lines(found), NOTES["means"]),
    }


def write(found: Sequence[Method], out: Path, stem: str) -> list[Path]:
    """Write both tables in all three forms; return their paths.

    Raises:
        UserError: `out` cannot be written.
    """
    made = both(found).items()
    return [path for end, each in made for path in tables.write(each, out, f"{stem}_{end}")]


def _task_line(method: Method, subset: str, runs: Sequence[RunRecord]) -> TaskLine:
    mean, paper = ours(runs), papers(method, subset)
    failed = sum(run.status == "failed" for run in runs)
    ledgers = [run.ledger for run in runs]
    tokens = [n for each in ledgers for n in (each.prompt_tokens, each.completion_tokens)]
    return TaskLine(
        method=method.label,
        subset=subset,
        paper=number(paper),
        ours=text(mean),
        difference=text(_minus(mean, paper)),
        right=f"{total(runs, 'test_right')}/{total(runs, 'test_examples')}",
        unanswered=str(total(runs, "test_failed")),
        empty=str(total(runs, "test_empty_replies")),
        runs=f"{len(runs)} ({failed} failed)" if failed else str(len(runs)),
        calls=f"{sum(each.calls for each in ledgers):,}",
        tokens=NONE if None in tokens else f"{sum(n or 0 for n in tokens):,}",
        llm=method.llm,
    )


def _mean_lines(method: Method) -> Iterator[MeanLine]:
    from .tasks.bbh.subsets import GROUPS

    summary = published(SUMMARY).get(method.paper or "", {})
    for group, over, by_task, printed in MEANS:
        subsets = [subset for subset in GROUPS[group] if subset in method.runs]
        if not subsets:
            continue
        values = means({s: ours(method.runs[s]).value for s in subsets}, by_task=by_task)
        mean = mean_of_tasks(values)
        theirs = {s: value for s in subsets if (value := papers(method, s)) is not None}
        compared = means(theirs, by_task=by_task)
        paper = sum(compared) / len(compared) if len(theirs) == len(subsets) else None
        yield MeanLine(
            method=method.label,
            over=over,
            printed=number(summary.get(printed or "")),
            paper=number(paper),
            ours=text(mean),
            difference=text(_minus(mean, paper)),
            n=f"{len(values)} of {len(means(dict.fromkeys(GROUPS[group], 0.0), by_task=by_task))}",
            llm=method.llm,
        )
