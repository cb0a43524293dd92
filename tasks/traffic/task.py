"""The task: which demands are its trials, and what their numbers depend on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from trace_core import UserError
from trace_core.opto import BOUNDS, FEEDBACK, SCORE, Problem, Task, Visit, policy

from . import scats
from .crossing import Engine
from .demand import Demand
from .problem import TrafficProblem
from .score import Rule


class Traffic(Task):
    """Tune two green times of a simulated crossing (§5.2, App. H.3; Fig. 5b).

    Args:
        engine: UXsim's "python" engine, which the paper used, or its "cpp" engine, which is some
            twenty times as fast and gives slightly other numbers.
        score: "paper", as published, or "corrected": see `score.analyse`.
    """

    metric: ClassVar[str] = "delay score (s per vehicle)"
    provides: ClassVar[frozenset[str]] = frozenset({FEEDBACK, SCORE, BOUNDS, policy(scats.NAME)})
    iterations: ClassVar[int] = 49
    """The figure shows 50 evaluations, the start's among them."""

    def __init__(self, *, engine: Engine = "python", score: Rule = "paper") -> None:
        self.engine = engine
        self.score = score

    def problem(self, seed: int) -> TrafficProblem:
        """Trial `seed`: 0 has the published demand, every other one a demand of its own.

        Raises:
            UserError: there is no such trial.
        """
        if seed < 0:
            raise UserError(f"seed={seed} is no trial: they are numbered from 0.")
        return TrafficProblem(Demand.of_trial(seed), engine=self.engine, rule=self.score)

    def calibrate(self, problem: Problem, score: float) -> float:
        """0 = stay at the start, 1 = no delay at all; negative if worse than the start."""
        assert isinstance(problem, TrafficProblem)
        return 1 - score / problem.start_score()

    def pictures(self, seed: int, visits: Sequence[Visit]) -> Mapping[str, Callable[[Any], None]]:
        """Scores, the path over the score's surface, and queues over time; of a policy, scores."""
        from . import pictures

        demand = Demand.of_trial(seed)
        scores = {"scores": lambda figure: pictures.draw_scores(figure, visits)}
        if not any(visit.parameters for visit in visits):
            return scores
        return scores | {
            "path": lambda figure: pictures.draw_path(figure, visits, demand, self.score),
            "queues": lambda figure: pictures.draw_queues(figure, visits, demand),
        }
