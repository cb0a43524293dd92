"""Experiments that show more than scores over iterations: a module each, named in its config.

`program: NAME` in `conf/experiment/…` names a module here. Its function `make` is called after the
experiment's runs, if it has any, and yields the files that it wrote.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from trace_bench.experiments import Size


@dataclass(frozen=True, slots=True)
class Work:
    """What a program is asked for.

    Attributes:
        size: how thorough to be.
        runs: the folder of the run folders.
        ids: the runs of the experiment.
        out: the folder for figures and tables.
        tell: says on a line how far it has come.
    """

    size: Size
    runs: Path
    ids: Collection[str]
    out: Path
    tell: Callable[[str], None]


def load(name: str) -> Callable[[Work], Iterable[Path]]:
    """Return the function `make` of a program."""
    make: Callable[[Work], Iterable[Path]] = importlib.import_module(f"{__name__}.{name}").make
    return make
