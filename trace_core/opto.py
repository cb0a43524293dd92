"""Optimization with Trace Oracle (the paper's §2): what tasks offer and optimizers consume.

An OPTO problem is (Θ, ω, T): `Problem.parameters`, `Problem.context` and `Problem.oracle`.
A `Task` is a family of problems, one for every seed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ._node import ExceptionNode, Node, ParameterNode
from .sandbox import IMPORTS

FEEDBACK = "feedback"
"""Text about the output. Every task provides it."""
SCORE = "score"
"""A number for each outcome."""
BOUNDS = "bounds"
"""An `Interval` for each parameter, all of which are numbers."""
GRADIENT = "gradient"
"""`Outcome.output_grad`, and operators with known derivatives all the way to the parameters."""
CAPABILITIES = (FEEDBACK, SCORE, BOUNDS, GRADIENT)


def policy(name: str) -> str:
    """The capability of a task that offers a reference policy: see `Problem.under_policy`."""
    return f"policy:{name}"


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a black-box optimizer may look: low <= value <= high, whole numbers if `integer`."""

    low: float
    high: float
    integer: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the Trace Oracle returns for the current parameters.

    Attributes:
        output: the node that the feedback is about; an `ExceptionNode` if the workflow failed.
        feedback: text for optimizers that read.
        score: the task's own figure in its own unit, for optimizers that count and for logs;
            None if there is none, as after a failure. Never shown to an LLM.
        output_grad: the derivative of the quantity to minimise with respect to `output.data`.
        solved: nothing is left to improve; the run stops.
    """

    output: Node[Any]
    feedback: str
    score: float | None = None
    output_grad: Any = None
    solved: bool = False

    @property
    def error(self) -> str | None:
        """The failure's text if the workflow failed."""
        return str(self.output.data) if isinstance(self.output, ExceptionNode) else None


@dataclass(frozen=True, slots=True)
class Visit:
    """An iteration of a run as it was logged: what pictures are drawn from.

    `parameters` is empty where a reference policy was in charge of the trial.
    """

    iteration: int
    parameters: Mapping[str, Any]
    score: float | None


class Problem(ABC):
    """One OPTO instance: the same for every optimizer that is given the same seed.

    Nothing here that an optimizer reads may contain the answer.
    """

    parameters: Sequence[ParameterNode[Any]]
    context: str = ""
    bounds: Mapping[str, Interval] = {}
    """By `ParameterNode.base_name`; empty if the task does not provide `BOUNDS`."""
    lower_is_better: bool = True
    """Which scores are good, as the task declares it."""

    @abstractmethod
    def oracle(self) -> Outcome:
        """Run the workflow once with the current parameters.

        A failing proposal is an outcome with an `ExceptionNode`; only a failing system raises.
        """

    def evaluate(self) -> dict[str, float]:
        """Held-out metrics of the current parameters, untraced and never shown to an optimizer."""
        return {}

    def under_policy(self, name: str) -> Problem:
        """This trial with a fixed policy in charge instead of its parameters.

        Reference policies learn nothing (SCATS, enumeration, a scripted expert): a task offers
        them, each as a capability `policy(name)`, and `oracle` and `evaluate` of what this returns
        judge the policy as they judge parameters. The parameters are there but have no effect.
        """
        raise NotImplementedError(f"{type(self).__name__} offers no policy {name!r}")


class Task(ABC):
    """A family of problems. A subclass's `__init__` keywords are the task's settings."""

    version: ClassVar[int] = 1
    """Raised whenever the numbers of an unchanged run would change."""
    metric: ClassVar[str]
    """What the score is, in words for an axis, with its unit."""
    judged_by: ClassVar[str | None] = None
    """The held-out metric that is a run's score, where the oracle gives none to optimizers."""
    lower_is_better: ClassVar[bool] = True
    worst_score: ClassVar[float | None] = None
    """What a failure counts as when runs are compared; None if no score is the worst."""
    provides: ClassVar[frozenset[str]] = frozenset({FEEDBACK})
    """Capabilities from `CAPABILITIES`, or the task's own words."""
    iterations: ClassVar[int] = 10
    """Updates per run in the paper."""

    thread_safe: ClassVar[bool] = True
    """Whether several runs may share a process, each in a thread of its own."""
    cpu_bound: ClassVar[bool] = True
    """Whether an iteration keeps a core busy, apart from LLMs and code in the sandbox, so that runs
    are better driven in several processes."""

    runs_code: ClassVar[bool] = False
    """Whether optimizers write code that the workflow runs: such runs have a sandbox."""
    imports: tuple[str, ...] = IMPORTS
    """Modules that such code may import; a task with a setting of this name lets users choose."""

    @abstractmethod
    def problem(self, seed: int) -> Problem:
        """Trial `seed`: equal seeds give equal problems, in this process and in any other.

        Raises:
            UserError: there is no such trial.
        """

    @abstractmethod
    def calibrate(self, problem: Problem, score: float) -> float:
        """The score on a common scale: 0 = the reference policy on that problem, 1 = solved."""

    def pictures(self, seed: int, visits: Sequence[Visit]) -> Mapping[str, Callable[[Any], None]]:
        """What can be drawn of a run beside its scores: by name, a drawer on a matplotlib figure.

        Args:
            seed: the trial.
            visits: the run, iteration by iteration.
        """
        return {}
