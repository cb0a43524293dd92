"""GEPA (Agrawal et al., 2025): DSPy's reflective search, which reads feedback in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from annotated_types import Ge

from trace_core import ParameterNode
from trace_core.llm import LLM
from trace_core.opto import DSPyProgram

from ._dspy_optimizer import DSPyOptimizer


class GEPA(DSPyOptimizer):
    """An LLM reflects on a few examples and their feedback, and proposes instructions.

    The feedback is the one that traced workflows get. The same examples serve for reflection and
    for the Pareto front.

    Args:
        parameters: of the problem; they are not touched.
        llm: who reflects.
        seed: decides what the method draws.
        max_tokens: length of a proposal.
        metric_calls: examples judged, about: the round under way is finished; 600 are as many as
            COPRO judges.
        minibatch: examples a reflection.
    """

    def __init__(
        self,
        parameters: Sequence[ParameterNode[Any]],
        llm: LLM | None = None,
        *,
        seed: int = 0,
        max_tokens: Annotated[int, Ge(1)] = 1024,
        metric_calls: Annotated[int, Ge(1)] = 600,
        minibatch: Annotated[int, Ge(1)] = 3,
    ) -> None:
        super().__init__(parameters, llm, seed=seed, max_tokens=max_tokens)
        self.metric_calls, self.minibatch = metric_calls, minibatch

    def compile(self, given: DSPyProgram, proposer: Any) -> tuple[Any, dict[str, Any]]:
        """Run DSPy's GEPA."""
        from dspy import GEPA as DSPyGEPA
        from dspy import Prediction

        def metric(
            example: Any, found: Any, trace: Any = None, name: Any = None, part: Any = None
        ) -> Any:
            is_right, feedback = given.judge(example, found)
            return Prediction(score=float(is_right), feedback=feedback)

        method = DSPyGEPA(
            metric=metric,
            max_metric_calls=self.metric_calls,
            reflection_minibatch_size=self.minibatch,
            reflection_lm=proposer,
            num_threads=given.threads,
            seed=self.seed,
            track_stats=True,
        )
        program = method.compile(given.program, trainset=list(given.examples))
        found = program.detailed_results
        return program, {"scores": [float(score) for score in found.val_aggregate_scores]}
