"""Experiments: named sweeps that make a figure of the paper, `conf/experiment/NAME.yaml`.

Such a file has a `description` and `sweeps`, a list of lists of overrides. Every list is one sweep,
as if it had been typed after `trace-bench run -m`. That is the size `paper`. `small` (one machine,
a small model) and `smoke` (seconds, a mock LLM: for trying out, not for results) are other sizes:
either a list of overrides, applied to all sweeps, or a list of sweeps of their own. `figures` says
which curves of the paper belong beside ours, and how to draw them; `accuracies` which numbers of
its table. `program` names a module of
`trace_bench.programs`, which measures or draws what no curve shows; it may do so without sweeps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from trace_core import UserError

from . import registry
from .outcomes import SCORE
from .settings import explain
from .suggestions import listed

KEY = "experiment"
Size = Literal["smoke", "small", "paper"]
SIZES: tuple[Size, ...] = ("smoke", "small", "paper")
Sweep = list[str]


def _as_sweeps(value: object) -> object:
    """A list of overrides stands for one such list."""
    return [value] if isinstance(value, list) and value and isinstance(value[0], str) else value


class Figure(BaseModel):
    """A figure that the experiment makes.

    Attributes:
        task: whose runs it shows.
        paper: the paper's figure in `reference/curves.csv` that it reproduces; None for one that
            the paper does not print.
        methods: the paper's methods, each with the words that choose our runs of it.
        stem: what its files are called; by default the paper's figure.
        select: words that choose the runs it is about, for a task that is in several experiments.
        against: a setting such as "task.chain_length", along which final values are drawn; None
            draws all values along the iterations.
        metric: "score", or a held-out metric.
        statistics: a panel for each; the paper's means are drawn in that of the mean.
    """

    model_config = ConfigDict(extra="forbid")

    task: str
    paper: str | None = None
    methods: dict[str, str] = {}
    stem: str = ""
    select: str | None = None
    against: str | None = None
    metric: str = SCORE
    statistics: list[str] = Field(default=["mean", "iqm"], min_length=1)

    @model_validator(mode="after")
    def _has_a_name(self) -> Figure:
        if not (self.stem or self.paper):
            raise ValueError("a figure needs paper or stem")
        return self

    @property
    def name(self) -> str:
        """What its files are called."""
        return self.stem or str(self.paper)


class Accuracies(BaseModel):
    """The paper's table of accuracies, which the experiment reproduces.

    Attributes:
        task: whose runs it shows.
        stem: what its files are called.
        methods: the paper's methods, each with the words that choose our runs of it.
    """

    model_config = ConfigDict(extra="forbid")

    task: str
    stem: str
    methods: dict[str, str]


class Experiment(BaseModel):
    """One file of `conf/experiment/`."""

    model_config = ConfigDict(extra="forbid")

    description: str
    sweeps: list[Sweep] = []
    small: Annotated[list[Sweep], BeforeValidator(_as_sweeps)] = []
    smoke: Annotated[list[Sweep], BeforeValidator(_as_sweeps)] = []
    figures: list[Figure] = []
    accuracies: list[Accuracies] = []
    program: str | None = None

    @model_validator(mode="after")
    def _does_something(self) -> Experiment:
        if not (self.sweeps or self.program):
            raise ValueError("it needs sweeps, or a program")
        return self

    def sized(self, size: Size) -> list[Sweep] | None:
        """Return the sweeps of a size, None if it has no such size."""
        if size == "paper" or not self.sweeps:
            return self.sweeps
        own = self.small if size == "small" else self.smoke
        if len(own) == 1 and not any(_key(o) == "task" for o in own[0]):
            return [merged(sweep, own[0]) for sweep in self.sweeps]
        return own or None


def load(name: str) -> Experiment:
    """Read an experiment.

    Raises:
        UserError: there is none of this name, or its file is not as it should be.
    """
    registry.check_name(KEY, name)
    try:
        return Experiment.model_validate(registry.config(KEY, name))
    except ValidationError as error:
        reason = explain(error, "", f"conf/{KEY}/{name}.yaml", Experiment.model_fields)
        raise UserError(reason) from None


def sweeps(overrides: Sequence[str], *, smoke: bool = False) -> list[Sweep] | None:
    """Return the sweeps that `experiment=NAME` among `overrides` stands for, None without one.

    The other overrides replace those of the experiment that have the same key.

    Raises:
        UserError: there is no such experiment, several are asked for, it has no smoke size, or no
            runs at all.
    """
    chosen = [o.partition("=")[2] for o in overrides if _key(o) == KEY]
    if not chosen:
        if smoke:
            raise UserError("--smoke is a size of experiments: add experiment=NAME.")
        return None
    if len(chosen) > 1:
        raise UserError("Give one experiment at a time.")
    others = [o for o in overrides if _key(o) != KEY]
    found = of_size(chosen[0], "smoke" if smoke else "paper")
    if not found:
        raise UserError(
            f"The experiment {chosen[0]!r} makes no runs: `trace-bench reproduce {chosen[0]}` "
            "measures and draws it."
        )
    return [merged(sweep, others) for sweep in found]


def of_size(name: str, size: Size) -> list[Sweep]:
    """Return the sweeps of an experiment in one of its sizes.

    Raises:
        UserError: there is no such experiment, or not in this size.
    """
    found = load(name)
    known = found.sized(size)
    if known is None:
        sizes = [s for s in SIZES if found.sized(s)]
        raise UserError(f"The experiment {name!r} has no size {size!r}. It has: {listed(sizes)}.")
    return known


def merged(sweep: Sequence[str], others: Sequence[str]) -> Sweep:
    """Return a sweep in which other overrides take the place of those with their keys."""
    keys = {_key(o) for o in others}
    return [o for o in sweep if _key(o) not in keys] + list(others)


def _key(override: str) -> str:
    return override.partition("=")[0].lstrip("+~")
