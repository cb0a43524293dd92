"""DSPy's optimizers on a DSPy program: what they find, and what they leave alone."""

import json
import re
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor

import dspy
import pytest

from tests.fresh_process import in_fresh_process
from tests.random_state import random_state_untouched
from trace_bench.baselines._quiet import quiet
from trace_bench.baselines.copro import COPRO
from trace_bench.baselines.dspy_program import Unoptimized
from trace_bench.baselines.gepa import GEPA
from trace_bench.baselines.mipro import MIPRO
from trace_core import UserError, node
from trace_core.llm import LLM, MockLLM, Recorder, Reply, Usage
from trace_core.llm.dspy_lm import RunLM, shared_random_state_kept
from trace_core.opto import DSPY, DSPyProgram, Problem

MAGIC = "Say it backwards."
"""With these words in its instructions the program's LLM is right."""
OPTIMIZERS = {
    COPRO: {"breadth": 3, "depth": 2},
    MIPRO: {"demos": 1},
    GEPA: {"metric_calls": 60},
}


class Backwards(MockLLM):
    """Says a word backwards if it is told to, and proposes to say so now and then.

    Args:
        proposes: whether its proposals have the form that is asked for.
    """

    def __init__(self, *, proposes: bool = True) -> None:
        super().__init__()
        self.proposes = proposes

    def complete(self, request):
        return Reply(self.text(request), Usage(5, 5, 0.0))

    def text(self, request):
        system, last = request.messages[0].content, request.messages[-1].content
        asked = re.search(r"\[\[ ## word ## \]\]\n(\w+)", last)
        if asked and "word" in system.partition("objective")[0]:
            said = asked[1][::-1] if MAGIC in system else asked[1]
            return f"[[ ## answer ## ]]\n{said}\n\n[[ ## completed ## ]]"
        if not self.proposes:
            return "I cannot think of anything."
        works = (request.draw + zlib.crc32(last.encode())) % 2
        words = f"{MAGIC} Number {request.draw}." if works else f"Try {request.draw}."
        fields = re.findall(r"`\[\[ ## (\w+) ## \]\]`", last)
        if request.schema:
            return json.dumps(dict.fromkeys(request.schema["required"], f"{MAGIC} JSON"))
        return "\n\n".join(f"[[ ## {field} ## ]]\n{words}" for field in fields) or words


class WordProblem(Problem):
    """Words are to be said backwards."""

    def __init__(self, llm: LLM, threads: int = 3) -> None:
        self.llm, self.threads = llm, threads
        self.parameters = [node("unused", name="unused", trainable=True)]
        self.tested = 0

    def oracle(self):
        raise AssertionError("DSPy's optimizers own their loop")

    def dspy(self) -> DSPyProgram:
        words = [f"{letter}bc{i}" for i, letter in enumerate("defghijklm")]
        lm = RunLM(self.llm, max_tokens=50, shared=True)
        with shared_random_state_kept():
            program = dspy.Predict("word -> answer")
        return DSPyProgram(
            program=program,
            lm=lm,
            examples=[dspy.Example(word=w, answer=w[::-1]).with_inputs("word") for w in words],
            judge=lambda e, p: (p.answer == e.answer, f"It should be {e.answer}."),
            test=lambda program: self.test(program, lm),
            threads=self.threads,
        )

    def test(self, program, lm):
        self.tested += 1
        with dspy.context(lm=lm):
            return {"accuracy": 100.0 * (program(word="xyz").answer == "zyx")}


def fitted(optimizer, llm=None, budget=5, threads=3, seed=0):
    recorder = Recorder(llm or Backwards())
    problem = WordProblem(recorder, threads)
    made = optimizer.for_problem(problem, seed=seed, llm=recorder, **OPTIMIZERS.get(optimizer, {}))
    return list(made.fit(problem, budget)), recorder, problem


def trajectory(name: str, threads: int):
    """All that a run leaves, but times."""
    (optimizer,) = [each for each in OPTIMIZERS if each.__name__ == name]
    steps, recorder, _ = fitted(optimizer, threads=threads)
    left = [[s.iteration, s.parameters, s.metrics, s.update] for s in steps]
    return json.loads(json.dumps([left, [[e.key, e.reply.text] for e in recorder.take()]]))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_it_finds_the_instructions_that_work(optimizer):
    (start, end), recorder, problem = fitted(optimizer)
    (before,), (after,) = start.parameters.values(), end.parameters.values()
    assert before["instructions"].startswith("Given the fields")
    assert MAGIC in after["instructions"]
    assert (start.metrics, end.metrics) == ({}, {"accuracy": 100.0})
    assert problem.tested == 1
    assert json.loads(json.dumps(start.update)) == start.update != {}
    assert (start.outcome.score, start.outcome.error) == (None, None)
    assert recorder.ledger.calls > 20


def test_the_unoptimized_program_is_tested_as_it_is():
    (step,), recorder, _ = fitted(Unoptimized)
    assert step.metrics == {"accuracy": 0.0}
    assert recorder.ledger.calls == 1


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_without_updates_the_program_is_tested_as_it_is(optimizer):
    (step,), recorder, _ = fitted(optimizer, budget=0)
    assert (step.iteration, step.metrics) == (0, {"accuracy": 0.0})
    assert recorder.ledger.calls == 1


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_neither_threads_nor_the_process_matter(optimizer):
    one = trajectory(optimizer.__name__, 1)
    assert trajectory(optimizer.__name__, 8) == one
    assert in_fresh_process(trajectory, optimizer.__name__, 3) == one


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_nothing_is_printed_and_global_random_state_is_left_alone(optimizer, capfd):
    fitted(optimizer)  # whatever is imported late is imported now
    capfd.readouterr()
    with random_state_untouched():
        fitted(optimizer)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("optimizer", [COPRO, MIPRO])
def test_proposals_without_form_leave_the_program_as_it_was(optimizer):
    (start, end), _, _ = fitted(optimizer, Backwards(proposes=False))
    assert end.metrics == {"accuracy": 0.0}
    assert MAGIC not in str(end.parameters)


def test_copro_says_that_it_ended_for_want_of_a_proposal():
    (start, _), _, _ = fitted(COPRO, Backwards(proposes=False))
    assert start.update["error"].startswith("(AdapterParseError)")


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("after", [0, 3, 15])
def test_an_llm_that_fails_ends_the_run_with_its_own_words(optimizer, after):
    class Failing(Backwards):
        asked = 0

        def complete(self, request):
            self.asked += 1
            if self.asked > after:
                raise UserError("limits.calls reached")
            return super().complete(request)

    with pytest.raises(UserError, match="limits.calls reached"):
        fitted(optimizer, Failing())


def test_it_needs_a_program_and_says_so():
    assert all(each.needs == {DSPY} for each in (Unoptimized, *OPTIMIZERS))
    with pytest.raises(NotImplementedError):
        COPRO.for_problem(WordProblem(MockLLM()), seed=0, llm=MockLLM()).step()


def test_threads_that_are_quiet_at_once_give_stdout_back():
    before = sys.stdout, sys.stderr

    def work(_):
        with quiet:
            print("not to be seen")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(200)))
    assert (sys.stdout, sys.stderr) == before
