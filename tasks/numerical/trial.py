"""A trial as plain data: a graph and the hidden solution, drawn from one sampler seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from .graph import Graph
from .sampler import sample_graph, sample_solution

STREAM = 0x7ACE
"""Sets the sampler's random stream apart: an optimizer that seeds its own generator with the number
of the trial must not draw x* by accident."""


@dataclass(frozen=True, slots=True)
class Trial:
    """y(x) and x*."""

    graph: Graph
    solution: float

    def start_error(self, start: float) -> float:
        """|y(start) - y*|; nan or inf where the graph overflows."""
        return float(abs(self.graph.evaluate(start) - self.graph.evaluate(self.solution)))


@dataclass(frozen=True, slots=True)
class Family:
    """The settings that, with a sampler seed, decide a trial, and the rule that admits it."""

    chain_length: int
    max_gen_var: int
    logic: bool
    start: float
    tolerance: float
    max_start_error: float

    def trial(self, sampler_seed: int) -> Trial:
        """Draw the trial of a sampler seed, admitted or not."""
        import numpy as np

        rng = np.random.default_rng((sampler_seed, STREAM))
        graph = sample_graph(
            rng, chain_length=self.chain_length, max_gen_var=self.max_gen_var, logic=self.logic
        )
        return Trial(graph, sample_solution(rng))

    def admits(self, sampler_seed: int) -> bool:
        """Not solved at the start, and not too far away. No method's result has a say."""
        return _admits(self, sampler_seed)

    def admitted(self, below: int) -> Iterator[int]:
        """The sampler seeds from 0 up, without `below` itself, that the rule admits."""
        return filter(self.admits, range(below))


@lru_cache(maxsize=10_000)
def _admits(family: Family, sampler_seed: int) -> bool:
    # Remembered: each trial of a sweep goes through the sampler seeds of those before it.
    error = family.trial(sampler_seed).start_error(family.start)
    return family.tolerance < error < family.max_start_error
