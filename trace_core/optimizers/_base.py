"""The interface of all optimizers, classical or LLM: zero_feedback, backward, step."""

from __future__ import annotations

import copy
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, NoReturn, Self

from trace_core._errors import UserError
from trace_core._labels import labels
from trace_core._node import Node, ParameterNode
from trace_core.llm import LLM, Request
from trace_core.opto import FEEDBACK, Outcome, Problem


@dataclass(frozen=True, slots=True)
class Step:
    """One iteration: the outcome of the parameters as they were, then the update made from it."""

    iteration: int
    outcome: Outcome
    parameters: dict[str, Any]
    metrics: dict[str, float]
    update: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0


class _LeftBehind:
    """In the place of an LLM after unpickling."""

    def complete(self, request: Request) -> NoReturn:
        """Say what to do."""
        raise UserError("The optimizer comes from a pickle, without its LLM: set optimizer.llm.")


class Optimizer(ABC):
    """Updates parameters in place from what the Trace Oracle says. Never evaluates anything itself.

    A subclass's keyword-only `__init__` arguments are its settings (those of `for_problem` apart).
    """

    needs: ClassVar[frozenset[str]] = frozenset({FEEDBACK})
    """Capabilities that a task must provide."""
    uses_llm: ClassVar[bool] = False
    thread_safe: ClassVar[bool] = True
    """Whether several runs may share a process, each in a thread of its own."""
    cpu_bound: ClassVar[bool] = False
    """Whether a step keeps a core busy, so that runs are better driven in several processes."""
    version: ClassVar[int] = 1
    """Raised whenever its proposals or prompts change, so that no run continues under another."""

    def __init__(self, parameters: Iterable[ParameterNode[Any]]) -> None:
        """Take charge of `parameters`, which must all be trainable nodes."""
        if isinstance(parameters, Node):
            raise ValueError(f"an optimizer needs a list of parameters: [{parameters.py_name}]")
        parameters = list(parameters)
        strangers = [p for p in parameters if not isinstance(p, ParameterNode)]
        if strangers or not parameters:
            fixed = any(isinstance(p, Node) for p in strangers)
            hint = ": make them by node(value, trainable=True)" if fixed else ""
            raise ValueError(
                f"an optimizer needs a list of ParameterNodes, not {parameters!r}{hint}"
            )
        self.parameters = parameters
        self.outcomes: list[Outcome] = []
        self.log: list[dict[str, Any]] = []

    @classmethod
    def for_problem(cls, problem: Problem, *, seed: int, llm: LLM | None, **settings: Any) -> Self:
        """Build one for `problem`: the harness's way in. Override to take more of the problem."""
        return cls(problem.parameters, **settings)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """An optimizer of copies of the parameters, in the same state. An LLM is shared.

        Copies of nodes have no feedback: what was received since the last step is left out.
        """
        twin = memo[id(self)] = type(self).__new__(type(self))
        state = vars(self)
        if "llm" in state:
            memo[id(state["llm"])] = state["llm"]
        vars(twin).update(copy.deepcopy({**state, "outcomes": []}, memo))
        return twin

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled: an LLM, with its connections and its key, is not."""
        state = vars(self)
        return {**state, "llm": _LeftBehind()} if "llm" in state else state

    def zero_feedback(self) -> None:
        """Forget the feedback received since the last call."""
        self.outcomes.clear()
        for parameter in self.parameters:
            parameter.zero_feedback()

    def backward(self, output: Outcome | Node[Any], feedback: str = "", **options: Any) -> None:
        """Receive an outcome, or, in the paper's form, an output node and the feedback to it.

        Several calls before one `step` are a minibatch.
        """
        outcome = output if isinstance(output, Outcome) else Outcome(output, feedback)
        self.outcomes.append(outcome)
        self.propagate(outcome, **options)

    def propagate(self, outcome: Outcome, **options: Any) -> None:  # noqa: B027 a choice, not a duty
        """Send the outcome through the graph. Optimizers that only read the score do nothing."""

    @abstractmethod
    def step(self) -> dict[str, Any]:
        """Update the parameters; return what happened as JSON data, which `log` keeps too."""

    def fit(self, problem: Problem, budget: int) -> Iterator[Step]:
        """Run `budget` updates, or until solved: iteration k is the state after k updates."""
        names = labels(problem.parameters)
        for iteration in range(budget + 1):
            started = time.perf_counter()
            outcome = problem.oracle()
            values = {name: p.data for name, p in names.items()}
            metrics = problem.evaluate()
            finished = outcome.solved or iteration == budget
            update = {} if finished or outcome.keep else self._update(outcome)
            seconds = time.perf_counter() - started
            yield Step(iteration, outcome, values, metrics, update, seconds)
            if finished:
                return

    def _update(self, outcome: Outcome) -> dict[str, Any]:
        self.zero_feedback()
        self.backward(outcome)
        return self.step()
