"""Optimization with Trace Oracle (the paper's §2): what tasks offer and optimizers consume.

An OPTO problem is (Θ, ω, T): `Problem.parameters`, `Problem.context` and `Problem.oracle`.
A `Task` is a family of problems, one for every seed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from ._node import ExceptionNode, Node, ParameterNode
from .sandbox import IMPORTS

if TYPE_CHECKING:
    from pathlib import Path

    from .llm import LLM

FEEDBACK = "feedback"
"""Text about the output. Every task provides it."""
SCORE = "score"
"""A number for each outcome."""
BOUNDS = "bounds"
"""An `Interval` for each parameter, all of which are numbers."""
GRADIENT = "gradient"
"""`Outcome.output_grad`, and operators with known derivatives all the way to the parameters."""
NUMBERS = "numbers"
"""`Problem.in_numbers` has an `Interval` for each parameter; whoever provides `BOUNDS` has this."""
CAPABILITIES = (FEEDBACK, SCORE, BOUNDS, GRADIENT)
DSPY = "dspy"
"""The workflow as a DSPy program, for DSPy's own optimizers: `Problem.dspy`."""


def policy(name: str) -> str:
    """The capability of a task that offers a reference policy: see `Problem.under_policy`."""
    return f"policy:{name}"


@dataclass(frozen=True, slots=True)
class Interval:
    """Where an optimizer may look: low <= value <= high, whole numbers if `integer`.

    Attributes:
        low: the smallest value.
        high: the largest value.
        integer: whether only whole numbers count.
        unit: for prompts, in words, such as "seconds".
    """

    low: float
    high: float
    integer: bool = False
    unit: str = ""


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
        keep: this example asks for no change: no update is made, and the run goes on.
        details: what the workflow has said on its way to the output, as text. It is in the trace;
            optimizers that read feedback without a trace are `told` it, to be fair to them.
    """

    output: Node[Any]
    feedback: str
    score: float | None = None
    output_grad: Any = None
    solved: bool = False
    keep: bool = False
    details: str = ""

    @property
    def told(self) -> str:
        """The feedback, and the details for who sees no trace."""
        return "\n".join(filter(None, (self.feedback, self.details)))

    @property
    def error(self) -> str | None:
        """The failure's text if the workflow failed."""
        return str(self.output.data) if isinstance(self.output, ExceptionNode) else None


@dataclass(frozen=True, slots=True)
class DSPyProgram:
    """The workflow of a problem as DSPy's own optimizers take it.

    Attributes:
        program: a `dspy.Module`, not optimized.
        lm: the `dspy.LM` that it is to run with.
        examples: `dspy.Example`s, all that a method may learn from.
        judge: of an example and a prediction, whether it is right, and the feedback in words.
        test: held-out metrics of a program like `program`.
        threads: how many examples may be under way at once.
    """

    program: Any
    lm: Any
    examples: Sequence[Any]
    judge: Callable[[Any, Any], tuple[bool, str]]
    test: Callable[[Any], dict[str, float]]
    threads: int


@dataclass(frozen=True, slots=True)
class Visit:
    """An iteration of a run as it was logged: what pictures are drawn from.

    `parameters` is empty where a reference policy was in charge of the trial: `policy`.
    """

    iteration: int
    parameters: Mapping[str, Any]
    score: float | None
    policy: str | None = None


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
    llm: LLM | None = None
    """The run's, if the task says `uses_llm`; set before anything is asked of the problem."""
    budget: int | None = None
    """How many updates the run makes at most; None if nobody said. Set likewise."""

    @abstractmethod
    def oracle(self) -> Outcome:
        """Run the workflow once with the current parameters.

        A failing proposal is an outcome with an `ExceptionNode`; only a failing system raises.
        """

    def evaluate(self) -> dict[str, float]:
        """Held-out metrics of the current parameters, untraced and never shown to an optimizer."""
        return {}

    def is_solution(self, outcome: Outcome | None = None) -> bool:
        """Whether parameters solve the problem: the verification oracle of the paper's App. F.

        It may depend on the context, the output and the feedback, and not on the trace (Axiom 1).
        Where no solution can be verified, as where the optimum is unknown, it is always False.

        Args:
            outcome: what the oracle said of the parameters, with the score that the run gives them
                (see `Task.judged_by`); None asks the oracle about the current ones.
        """
        return (self.oracle() if outcome is None else outcome).solved

    def take_examples(self) -> list[dict[str, Any]]:
        """What became of each example since the last call, as JSON data for the step's row."""
        return []

    def dspy(self) -> DSPyProgram:
        """The workflow as a DSPy program, if the task provides `DSPY`."""
        raise NotImplementedError(f"{type(self).__name__} offers no DSPy program")

    def under_policy(self, name: str) -> Problem:
        """This trial with a fixed policy in charge instead of its parameters.

        Reference policies learn nothing (SCATS, enumeration, a scripted expert): a task offers
        them, each as a capability `policy(name)`, and `oracle` and `evaluate` of what this returns
        judge the policy as they judge parameters. The parameters are there but have no effect.
        """
        raise NotImplementedError(f"{type(self).__name__} offers no policy {name!r}")

    def in_numbers(self) -> Problem:
        """This trial with a few bounded numbers in charge, for methods that search over numbers.

        It is the problem itself if its parameters are such numbers. A task whose parameters are of
        another kind, and that provides `NUMBERS`, offers a form of its own, the same at each call.
        """
        return self


class Task(ABC):
    """A family of problems. A subclass's `__init__` keywords are the task's settings."""

    version: ClassVar[int] = 1
    """Raised whenever the numbers of an unchanged run would change."""
    metric: ClassVar[str]
    """What the score is, in words for an axis, with its unit."""
    judged_by: ClassVar[str | None] = None
    """The held-out metric that is a run's score, where the oracle gives none to optimizers.

    The last iteration must measure it. The score of one that does not is None."""
    lower_is_better: ClassVar[bool] = True
    lower_metrics: ClassVar[frozenset[str]] = frozenset()
    """The held-out metrics of which less is better; of the others more is."""
    worst_score: ClassVar[float | None] = None
    """What a failure counts as when runs are compared; None if no score is the worst."""
    provides: ClassVar[frozenset[str]] = frozenset({FEEDBACK})
    """Capabilities from `CAPABILITIES`, or the task's own words."""
    trials: int | None = None
    """How many there are, counted from 0; None if any whole number from 0 on is one."""
    iterations: ClassVar[int] = 10
    """Updates per run in the paper."""

    uses_llm: ClassVar[bool] = False
    """Whether the workflow asks an LLM: it is given the run's, whose calls are all recorded."""
    unrecorded: ClassVar[frozenset[str]] = frozenset()
    """Settings that change no result, such as a folder: they are no part of a run's name."""
    shorthands: ClassVar[Mapping[str, Mapping[str, Sequence[Any]]]] = {}
    """Per setting, words that stand for several values, each of which is a run of its own."""
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

    @classmethod
    def fetch(cls, source: str | None, tell: Callable[[str], None]) -> Path | None:
        """Download what the task's problems need and a package must not bring.

        What is here already is left alone, and what was begun is gone on with.

        Args:
            source: where to fetch from; None is the public home.
            tell: told now and then how far it is.

        Returns:
            The folder; None if nothing is needed.

        Raises:
            UserError: it cannot be had.
        """
        return None

    def pictures(self, seed: int, visits: Sequence[Visit]) -> Mapping[str, Callable[[Any], None]]:
        """What can be drawn of a run beside its scores: by name, a drawer on a matplotlib figure.

        Args:
            seed: the trial.
            visits: the run, iteration by iteration.
        """
        return {}

    def film(self, seed: int, visit: Visit) -> Sequence[Any]:
        """A film of the workflow as it was at an iteration: frames, height × width × 3 of 8 bits.

        Raises:
            UserError: there is one, but it can't be made here.
        """
        return ()
