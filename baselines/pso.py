"""Particle swarm optimization with pyswarms (App. H.3), one particle an iteration."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Annotated, Any, ClassVar

from annotated_types import Ge

from trace_core import ParameterNode, UserError
from trace_core.optimizers import BlackBox, Point
from trace_core.opto import Interval

STREAM = 0x9504
"""Sets the random stream apart from others that are seeded with the number of the trial."""
GLOBAL_STATE = RLock()
"""pyswarms draws from NumPy's global generator and reads an environment variable: one at a time."""
LEAVE_LOGGING_ALONE = "version: 1\nincremental: true\n"


class PSO(BlackBox):
    """Moves a swarm of points, each towards its own best place and the swarm's.

    The particles are evaluated one after the other, an iteration each; after the last the swarm
    moves. So `particles` × generations = iterations + 1. The paper's rules: the first particle
    begins at the common start, the others at random; a point that was evaluated before is replaced
    by a random one. A failed evaluation is nobody's best place. Positions are real numbers,
    rounded for evaluation where the parameter is whole.

    Args:
        parameters: numbers.
        bounds: an interval for each parameter, by base name.
        lower_is_better: which scores are good.
        particles: the population.
        cognitive: pull of a particle's own best place, c1.
        social: pull of the swarm's best place, c2.
        inertia: what is kept of the velocity, w.
        seed: decides all that is random.
    """

    thread_safe: ClassVar[bool] = False

    def __init__(
        self,
        parameters: Sequence[ParameterNode[Any]],
        bounds: Mapping[str, Interval],
        lower_is_better: bool = True,
        *,
        particles: Annotated[int, Ge(1)] = 10,
        cognitive: Annotated[float, Ge(0)] = 0.5,
        social: Annotated[float, Ge(0)] = 0.3,
        inertia: Annotated[float, Ge(0)] = 0.9,
        seed: int = 0,
    ) -> None:
        import numpy as np

        super().__init__(parameters, bounds, lower_is_better)
        self._rng = np.random.default_rng((seed, STREAM))
        self._low = np.array([i.low for i in self.intervals], dtype=float)
        self._high = np.array([i.high for i in self.intervals], dtype=float)
        options = {"c1": cognitive, "c2": social, "w": inertia}
        start = np.array([float(p.data) for p in parameters])
        with self._contained() as backend:
            self._swarm = backend.create_swarm(
                particles, len(start), bounds=(self._low, self._high), options=options
            )
        self._swarm.position[0] = start
        self._swarm.best_pos = start  # until something has a cost
        self._swarm.pbest_cost = np.full(particles, np.inf)
        self._swarm.current_cost = np.full(particles, np.inf)
        self._current = 0

    def ask(self) -> Sequence[float]:
        """The current particle's position, or a random one that the particle then has."""
        position = self._swarm.position[self._current]
        if self.was_evaluated(position):
            self._swarm.position[self._current] = self._rng.uniform(self._low, self._high)
        return [float(value) for value in self._swarm.position[self._current]]

    def tell(self, point: Point, cost: float | None) -> None:
        """Note the current particle's cost; once all have one, move the swarm."""
        self._swarm.current_cost[self._current] = float("inf") if cost is None else cost
        self._current += 1
        if self._current == len(self._swarm.position):
            self._current = 0
            self._move()

    def _move(self) -> None:
        swarm, bounds = self._swarm, (self._low, self._high)
        with self._contained() as backend:
            star = backend.topology.Star()  # made anew: they hold open files, which can't be copied
            at_the_edge = backend.handlers.BoundaryHandler(strategy="periodic")
            velocity = backend.handlers.VelocityHandler(strategy="unmodified")
            swarm.pbest_pos, swarm.pbest_cost = backend.compute_pbest(swarm)
            swarm.best_pos, swarm.best_cost = star.compute_gbest(swarm)
            swarm.velocity = star.compute_velocity(swarm, None, velocity, bounds)
            swarm.position = star.compute_position(swarm, bounds, at_the_edge)

    @contextmanager
    def _contained(self) -> Iterator[Any]:
        """Let pyswarms draw from a stream of ours; restore NumPy's global generator."""
        import numpy as np

        with GLOBAL_STATE, _logging_left_alone():
            backend = _backend()
            before = np.random.get_state()
            np.random.seed(self._rng.integers(2**32, dtype=np.uint32))
            try:
                yield backend
            finally:
                np.random.set_state(before)


@contextmanager
def _logging_left_alone() -> Iterator[None]:
    """Keep pyswarms from replacing the root logger's handlers and opening report.log."""
    before = os.environ.get("LOG_CFG")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "logging.yaml"
        path.write_text(LEAVE_LOGGING_ALONE, encoding="utf-8")
        os.environ["LOG_CFG"] = str(path)
        try:
            yield
        finally:
            if before is None:
                del os.environ["LOG_CFG"]
            else:
                os.environ["LOG_CFG"] = before


def _backend() -> Any:
    try:
        import pyswarms.backend as backend
    except ImportError as error:
        raise UserError("pso needs pyswarms: pip install 'trace-bench[traffic]'") from error
    return backend
