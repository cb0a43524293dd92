"""What DSPy's optimizers have in common here: they own their loop, and ask our LLM."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, ClassVar, Self

from annotated_types import Ge

from trace_core import ParameterNode, node
from trace_core.llm import LLM, OpenAIClient
from trace_core.optimizers import Optimizer, Step
from trace_core.opto import DSPY, DSPyProgram, Outcome, Problem

from ._quiet import quiet

ANY_NUMBER = 10**9
"""Examples that may fail: a reply without the fields is a wrong answer, not the end."""


class DSPyOptimizer(Optimizer):
    """Optimizes the DSPy program of a problem, not its parameters; a subclass says how.

    Iteration 0 is the program as it was, which only a run without updates tests; iteration 1 is
    the optimized one.

    Args:
        parameters: of the problem; they are not touched.
        llm: who proposes; by default the OpenAI client with the environment's key.
        seed: decides what the method draws.
        max_tokens: length of a proposal.
    """

    needs: ClassVar[frozenset[str]] = frozenset({DSPY})
    uses_llm: ClassVar[bool] = True

    def __init__(
        self,
        parameters: Sequence[ParameterNode[Any]],
        llm: LLM | None = None,
        *,
        seed: int = 0,
        max_tokens: Annotated[int, Ge(1)] = 512,
    ) -> None:
        super().__init__(parameters)
        self.llm, self.seed, self.max_tokens = llm or OpenAIClient(), seed, max_tokens

    @classmethod
    def for_problem(cls, problem: Problem, *, seed: int, llm: LLM | None, **settings: Any) -> Self:
        """Take the run's seed and LLM; the program is asked for in `fit`."""
        return cls(problem.parameters, llm, seed=seed, **settings)

    @abstractmethod
    def compile(self, given: DSPyProgram, proposer: Any) -> tuple[Any, dict[str, Any]]:
        """The optimized program, and what there is to tell of how it was found, as JSON data.

        Args:
            given: the program, which must stay as it is, and what to judge others by.
            proposer: the `dspy.LM` that proposes.
        """

    def step(self) -> dict[str, Any]:
        """There are no single updates."""
        raise NotImplementedError(f"{type(self).__name__} owns its loop: use fit")

    def fit(self, problem: Problem, budget: int) -> Iterator[Step]:
        """Yield the program as it was and the optimized one; only the former if `budget` is 0."""
        started = time.perf_counter()
        given = problem.dspy()
        if budget == 0:
            yield program_step(0, given.program, started, metrics=given.test(given.program))
            return
        program, update = self._compiled(given)
        self.log.append(update)
        yield program_step(0, given.program, started, update=update)
        started = time.perf_counter()
        yield program_step(1, program, started, metrics=given.test(program))

    def _compiled(self, given: DSPyProgram) -> tuple[Any, dict[str, Any]]:
        import dspy
        from dspy.utils.exceptions import AdapterParseError

        from trace_core.llm.dspy_lm import RunLM, failures_raised, shared_random_state_kept

        proposer = RunLM(self.llm, max_tokens=self.max_tokens)
        calm = dspy.context(lm=given.lm, disable_history=True, max_errors=ANY_NUMBER)
        with quiet, failures_raised(proposer, given.lm), calm, shared_random_state_kept():
            try:
                return self.compile(given, proposer)
            except AdapterParseError as error:
                # The proposer's reply had not the form that the method needs, which then ends.
                return given.program, {"error": f"(AdapterParseError) {error}"}


def described(program: Any) -> dict[str, Any]:
    """What can be learnt of a program: instructions, the last field's prefix, demonstrations."""
    found = {}
    for name, predictor in program.named_predictors():
        *_, last = predictor.signature.fields.values()
        found[name] = {
            "instructions": predictor.signature.instructions,
            "prefix": (last.json_schema_extra or {}).get("prefix"),
            "demos": [dict(demo) for demo in predictor.demos],
        }
    return found


def program_step(
    iteration: int,
    program: Any,
    started: float,
    *,
    metrics: dict[str, float] | None = None,
    update: dict[str, Any] | None = None,
) -> Step:
    """An iteration of a method that learns a DSPy program."""
    parameters = described(program)
    outcome = Outcome(node(str(parameters)), "")
    seconds = time.perf_counter() - started
    return Step(iteration, outcome, parameters, metrics or {}, update or {}, seconds)
