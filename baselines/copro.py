"""COPRO: DSPy's optimizer of instructions by coordinate ascent, the paper's "DSPy-PO"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from annotated_types import Ge, Le

from trace_core import ParameterNode
from trace_core.llm import LLM
from trace_core.opto import DSPyProgram

from ._dspy_optimizer import DSPyOptimizer


class COPRO(DSPyOptimizer):
    """An LLM proposes instructions, which are scored on the examples; the best are its examples.

    Args:
        parameters: of the problem; they are not touched.
        llm: who proposes.
        seed: unused: COPRO draws nothing itself.
        max_tokens: length of a proposal; 512 in the paper.
        breadth: instructions a round.
        depth: rounds.
        init_temperature: of the proposals; DSPy's default.
    """

    def __init__(
        self,
        parameters: Sequence[ParameterNode[Any]],
        llm: LLM | None = None,
        *,
        seed: int = 0,
        max_tokens: Annotated[int, Ge(1)] = 512,
        breadth: Annotated[int, Ge(2)] = 10,
        depth: Annotated[int, Ge(1)] = 3,
        init_temperature: Annotated[float, Ge(0), Le(2)] = 1.4,
    ) -> None:
        super().__init__(parameters, llm, seed=seed, max_tokens=max_tokens)
        self.breadth, self.depth, self.init_temperature = breadth, depth, init_temperature

    def compile(self, given: DSPyProgram, proposer: Any) -> tuple[Any, dict[str, Any]]:
        """Run DSPy's COPRO."""
        from dspy import COPRO as DSPyCOPRO

        method = DSPyCOPRO(
            prompt_model=proposer,
            metric=lambda example, found, trace=None: given.judge(example, found)[0],
            breadth=self.breadth,
            depth=self.depth,
            init_temperature=self.init_temperature,
        )
        evaluation = {"num_threads": given.threads, "display_progress": False}
        program = method.compile(
            given.program, trainset=list(given.examples), eval_kwargs=evaluation
        )
        keys = ("score", "depth", "instruction", "prefix")
        tried = [{key: c[key] for key in keys} for c in program.candidate_programs]
        return program, {"candidates": tried}
