"""The task: which robot, how it is told what happened, and how a controller is judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Gt, Le

from trace_core import UserError
from trace_core.opto import FEEDBACK, NUMBERS, SCORE, Problem, Task, Visit, policy
from trace_core.sandbox import IMPORTS

from .evaluation import METRIC
from .feedback import ALL, require_kinds
from .names import known
from .problem import POLICIES, MetaworldProblem, Trial
from .robot import Backend, Settings

REACH = "reach"
TRIALS = 2**32
"""Seeds of the generator that draws Meta-World's goals."""
REACH_ITERATIONS, ITERATIONS = 10, 30
"""Updates in the paper's figure."""


class Metaworld(Task):
    """Learn the code of a robot's controller through time (§5.4, App. H.5; Fig. 6 and A.8).

    Args:
        env: an environment of Meta-World, "push" or "push-v3".
        control: whether an action's x, y, z are "relative" to the hand, as in the paper, or
            "absolute" metres.
        feedback: what is said after each step: "a" all kinds, "m" one at random, "n" none, or some
            of r (reward), hp (what was right), hn (what was wrong), fp (what to do next).
        horizon: steps of an episode.
        held_out: initial configurations of an evaluation, which is made in every iteration.
        backend: "own", or "llfbench" to take the environment of that package.
        evaluation_s: wall time of an evaluation; episodes not played by then are no successes.
        imports: modules that the controller's code may import.
    """

    metric: ClassVar[str] = "success at held-out starts (share)"
    worst_score: ClassVar[float | None] = 0.0
    judged_by: ClassVar[str | None] = METRIC
    lower_is_better: ClassVar[bool] = False
    provides: ClassVar[frozenset[str]] = frozenset(
        {FEEDBACK, SCORE, NUMBERS, *map(policy, POLICIES)}
    )
    runs_code: ClassVar[bool] = True
    thread_safe: ClassVar[bool] = False  # its simulators' seeds are the process's

    def __init__(
        self,
        *,
        env: str = REACH,
        control: Literal["relative", "absolute"] = "relative",
        feedback: str | Sequence[str] = ALL,
        horizon: Annotated[int, Ge(1), Le(30)] = 10,
        held_out: Annotated[int, Ge(1), Le(49)] = 10,
        backend: Backend = "own",
        evaluation_s: Annotated[float, Gt(0)] = 600.0,
        imports: Sequence[str] = IMPORTS,
    ) -> None:
        self.settings = Settings(known(env), control, require_kinds(feedback), backend)
        self.horizon = horizon
        self.held_out = held_out
        self.evaluation_s = evaluation_s
        self.imports = tuple(imports)
        self.iterations = REACH_ITERATIONS if self.settings.env == REACH else ITERATIONS  # type: ignore[misc]

    def problem(self, seed: int) -> MetaworldProblem:
        """Trial `seed`: a training configuration and held-out ones of its own.

        Raises:
            UserError: there is no such trial, or a package is missing.
        """
        if not 0 <= seed < TRIALS:
            raise UserError(f"seed={seed} is no trial: they go from 0 to {TRIALS - 1}.")
        self.settings.environment()
        trial = Trial(self.settings, seed, self.horizon, self.held_out, self.evaluation_s)
        return MetaworldProblem(trial)

    def calibrate(self, problem: Problem, score: float) -> float:
        """0 = the zero controller, which never succeeds, 1 = success at every held-out start."""
        return score

    def pictures(self, seed: int, visits: Sequence[Visit]) -> Mapping[str, Callable[[Any], None]]:
        """The learning curve, and the paths of hand and object in episodes of some versions."""
        from . import pictures

        return pictures.drawers(self.problem(seed), visits, self.imports)

    def film(self, seed: int, visit: Visit) -> Sequence[Any]:
        """The training episode of an iteration, as the camera in the corner sees it."""
        from .film import film

        return film(self.problem(seed), visit, self.imports)
