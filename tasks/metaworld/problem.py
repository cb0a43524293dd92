"""One Meta-World problem: a robot in one initial configuration, and others to evaluate on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from trace_core import ParameterNode, node, stop_tracing
from trace_core._labels import labels
from trace_core.opto import Outcome, Problem, Visit

from . import waypoints
from .controller import controller
from .evaluation import METRIC, evaluate
from .robot import Observation, Robot, Settings, starts
from .rollout import MOST_REWARD, Act, Episode, Workflow
from .simulator import Start

EXPERT, ZERO, WAYPOINTS = "expert", "zero_controller", "waypoints"
POLICIES = (EXPERT, ZERO)
HINTS = {
    "pick-place": "The goal of the task is to pick up a puck and put it at a goal position.",
    "push": "The goal of the task is to push a puck to a goal position.",
}
"""The paper's one line more (App. H.5)."""
OBSERVATION = "`act` is given the observation parsed: a dict of float lists with the keys {keys}."


@dataclass(frozen=True, slots=True)
class Trial:
    """All that the problems of a seed have in common.

    Attributes:
        horizon: the most steps of an episode.
        held_out: episodes of an evaluation, each from a configuration of its own.
        evaluation_s: wall time of an evaluation.
    """

    settings: Settings
    seed: int
    horizon: int
    held_out: int
    evaluation_s: float


class MetaworldProblem(Problem):
    """Learn a controller from one episode an iteration, always from the same start (App. H.5).

    Args:
        trial: which robot, and where it starts.
        form: who is in charge: the code of the parameters (None), "waypoints" with numbers for
            parameters, or one of `POLICIES`.
        environment: one to act in instead of the thread's.
    """

    lower_is_better = False

    def __init__(self, trial: Trial, form: str | None = None, environment: Any = None) -> None:
        self._trial = trial
        self._training, *self._held_out = starts(trial.seed, trial.held_out)
        self._robot = Robot(trial.settings, self._training, environment)
        self.context = _context(trial.settings.env, *self._robot.begin())
        self._workflow = Workflow(self._robot, trial.horizon)
        self._act, self.parameters = self._in_charge(form)
        self.bounds = waypoints.BOUNDS if form == WAYPOINTS else {}
        self._last: tuple[list[Any], Episode] | None = None

    def oracle(self) -> Outcome:
        """Play the training episode with the current parameters."""
        episode = self.episode()
        self._last = (self._values(), episode)
        details = "\n".join(f"Step {k}: {s.feedback}" for k, s in enumerate(episode.steps, start=1))
        if episode.error:
            return Outcome(episode.output, str(episode.output.data), details=details)
        success = str(episode.success).lower()
        feedback = f"Success: {success}, Return: {episode.total:.2f}"
        return Outcome(episode.output, feedback, self._score(episode), details=details)

    def evaluate(self) -> dict[str, float]:
        """Play an episode from each held-out start: the same in every iteration."""
        with stop_tracing():
            known = self._last is not None and self._last[0] == self._values()
            trained = self._last[1] if known and self._last else self.episode()
            return evaluate(trained, self.episode, self._held_out, self._trial.evaluation_s)

    def is_solution(self, outcome: Outcome | None = None) -> bool:
        """Whether every held-out episode is a success."""
        score = self.evaluate()[METRIC] if outcome is None else outcome.score
        return score is not None and score >= 1

    def under_policy(self, name: str) -> MetaworldProblem:
        """The same starts with a reference policy in charge."""
        if name not in POLICIES:
            return super().under_policy(name)  # type: ignore[return-value]  # it raises
        return MetaworldProblem(self._trial, name)

    def in_numbers(self) -> MetaworldProblem:
        """The same starts with a hand-written controller in charge, its numbers as parameters."""
        return self if self.bounds else self._in_numbers

    def visited(self, visit: Visit, environment: Any = None) -> MetaworldProblem:
        """The same starts with what was in charge at an iteration of a run."""
        own = labels(self.parameters).keys() == visit.parameters.keys()
        form = visit.policy or (None if own else WAYPOINTS)
        problem = MetaworldProblem(self._trial, form, environment)
        for name, value in visit.parameters.items():
            labels(problem.parameters)[name].update(value)
        return problem

    def filmed(self) -> Any:
        """A new environment of the same kind whose episodes are filmed."""
        return self._trial.settings.build(filmed=True)

    def episode(self, start: Start | None = None) -> Episode:
        """Play from a start, by default the training configuration's."""
        self._robot.start = start or self._training
        return self._workflow.rollout(self._act)

    @cached_property
    def _in_numbers(self) -> MetaworldProblem:
        return MetaworldProblem(self._trial, WAYPOINTS)

    def _in_charge(self, form: str | None) -> tuple[Act, tuple[ParameterNode[Any], ...]]:
        if form == WAYPOINTS:
            numbers = waypoints.numbers()
            return lambda obs: waypoints.steer(obs, *numbers), numbers
        act = controller()
        if form is None:
            return act, (act.parameter,)
        choose = self._robot.expert_action if form == EXPERT else _stand_still
        return lambda obs: node(choose(), name="action"), (act.parameter,)

    def _score(self, episode: Episode) -> float:
        """1 for a success, else how much of the most possible reward came in, which is less.

        The return itself would be a bad score, for an episode ends with its success.
        """
        if episode.success:
            return 1.0
        return min(episode.total / (MOST_REWARD * self._trial.horizon), 1.0)

    def _values(self) -> list[Any]:
        return [parameter.data for parameter in self.parameters]


def _stand_still() -> list[float]:
    return [0.0] * 4


def _context(env: str, instruction: str, observation: Observation) -> str:
    """The environment's instruction, what the controller is given, and the paper's hint."""
    parts = [instruction, OBSERVATION.format(keys=", ".join(observation)), HINTS.get(env, "")]
    return " ".join(filter(None, parts))
