"""MIPROv2 (Opsahl-Ong et al., 2024): DSPy's search over instructions and demonstrations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from annotated_types import Ge

from trace_core import ParameterNode
from trace_core.llm import LLM
from trace_core.opto import DSPyProgram

from ._dspy_optimizer import DSPyOptimizer


class MIPRO(DSPyOptimizer):
    """Bootstraps demonstrations, lets an LLM propose instructions, and searches both with TPE.

    It splits the examples itself: a fifth to bootstrap from, the rest to score by.

    Args:
        parameters: of the problem; they are not touched.
        llm: who proposes.
        seed: decides what the method draws.
        max_tokens: length of a proposal.
        auto: how much is tried, in DSPy's words.
        demos: demonstrations in a prompt, at most so many of the program's own, and as many more
            that are plain examples; 0 for instructions alone.
    """

    def __init__(
        self,
        parameters: Sequence[ParameterNode[Any]],
        llm: LLM | None = None,
        *,
        seed: int = 0,
        max_tokens: Annotated[int, Ge(1)] = 512,
        auto: Literal["light", "medium", "heavy"] = "light",
        demos: Annotated[int, Ge(0)] = 4,
    ) -> None:
        super().__init__(parameters, llm, seed=seed, max_tokens=max_tokens)
        self.auto, self.demos = auto, demos

    def compile(self, given: DSPyProgram, proposer: Any) -> tuple[Any, dict[str, Any]]:
        """Run DSPy's MIPROv2."""
        from dspy import MIPROv2

        method = MIPROv2(
            metric=lambda example, found, trace=None: given.judge(example, found)[0],
            prompt_model=proposer,
            task_model=given.lm,
            auto=self.auto,
            max_bootstrapped_demos=self.demos,
            max_labeled_demos=self.demos,
            num_threads=given.threads,
            seed=self.seed,
        )
        program = method.compile(given.program, trainset=list(given.examples))
        scores = [float(c["score"]) for c in program.candidate_programs]
        return program, {"scores": scores, "score": float(program.score)}
