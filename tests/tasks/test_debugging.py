import copy
import math

import pytest

from trace_bench.baselines.mutation_repair import MutationRepair, mutants
from trace_bench.tasks.debugging import Debugging
from trace_bench.tasks.debugging.cases import SUBJECTS
from trace_core import sandbox
from trace_core.llm import MockLLM
from trace_core.optimizers import OptoPrime
from trace_core.opto import Problem

from .contract import TaskContract

FIXES = [
    ("half + 1", "half - 1"),
    ("!= 0 and", "!= 0 or"),
    ("k > 1", "k > 0"),
    ("width - 1", "width + 1"),
    ("% 25", "% 26"),
    ("value <= largest", "value < largest"),
    ("::1", "::-1"),
    ("k % 2 == 0", "k % 2 == 1"),
]


def code_of(problem: Problem) -> str:
    return problem.parameters[0].data


def fix(problem: Problem, seed: int) -> None:
    before, after = FIXES[seed]
    assert code_of(problem).count(before) == 1
    problem.parameters[0].update(code_of(problem).replace(before, after))


class TestDebugging(TaskContract):
    beyond = len(SUBJECTS)

    @classmethod
    def task(cls) -> Debugging:
        return Debugging()

    def solve(self, problem: Problem) -> None:
        names = [subject.function.__name__ for subject in SUBJECTS]
        fix(problem, next(k for k, name in enumerate(names) if f"def {name}(" in code_of(problem)))

    def sabotage(self, problem: Problem) -> None:
        head = code_of(problem).partition("\n")[0]
        problem.parameters[0].update(f"{head}\n    return [][0]")


@pytest.fixture
def quick():
    """Code that this file wrote, so it may run here."""
    with sandbox.use("inprocess"):
        yield


@pytest.mark.parametrize("seed", range(len(SUBJECTS)))
def test_every_function_has_one_mistake_and_its_repair_passes_all_tests(seed, quick):
    problem = Debugging().problem(seed)
    before = problem.oracle()
    assert before.score > 0 and not before.solved
    fix(problem, seed)
    assert problem.oracle().solved
    assert problem.evaluate() == {"held_out_tests_failed_percent": 0}


@pytest.mark.parametrize("seed", range(len(SUBJECTS)))
def test_the_reference_optimizer_repairs_every_function(seed, quick):
    problem = Debugging().problem(seed)
    *_, last = MutationRepair(problem.parameters).fit(problem, 60)
    assert last.outcome.solved
    assert last.metrics == {"held_out_tests_failed_percent": 0}


def test_a_failing_assertion_is_the_feedback(quick):
    outcome = Debugging().problem(2).oracle()
    assert outcome.feedback == (
        "(AssertionError) run_lengths('aab') returned [['a', 1], ['a', 1], ['b', 1]], and "
        "[['a', 2], ['b', 1]] was expected"
    )
    assert outcome.score == 40


def test_an_error_is_fed_back_with_its_line(quick):
    problem = Debugging().problem(0)
    problem.parameters[0].update("def median(values):\n    half = 1\n    return values[half + 90]")
    feedback = problem.oracle().feedback
    assert feedback.startswith("median([3, 1, 2]) failed: (IndexError) list index out of range")
    assert "In median, line 3: return values[half + 90]" in feedback


def test_code_that_knows_the_shown_tests_only_fails_others(quick):
    problem = Debugging().problem(1)
    known = {case[0][0]: case[1] for case in SUBJECTS[1].tests}
    problem.parameters[0].update(f"def is_leap_year(year):\n    return {known}.get(year)")
    assert problem.oracle().solved
    assert problem.evaluate() == {"held_out_tests_failed_percent": 100}


def test_tests_that_did_not_fail_are_not_shown(quick):
    problem = Debugging().problem(1)
    optimizer = OptoPrime(problem.parameters, MockLLM())
    optimizer.backward(problem.oracle())
    text = optimizer.problem_instance().text()
    assert "is_leap_year(2000)" in text
    assert not any(year in text for year in ("1900", "2024", "1996", "2100", "2400"))


def test_a_result_of_another_type_does_not_pass(quick):
    problem = Debugging().problem(1)
    problem.parameters[0].update("def is_leap_year(year):\n    return 0")
    assert "returned 0, and False was expected" in problem.oracle().feedback


def test_code_that_must_be_stopped_is_run_once():
    problem = Debugging().problem(6)
    problem.parameters[0].update("def is_palindrome(text):\n    while True: pass")
    with sandbox.use("auto", limits=sandbox.Limits(call_s=0.3)):
        outcome = problem.oracle()
    assert outcome.score == 100
    assert "TimeoutError" in outcome.feedback


def test_mutants_differ_in_one_place_and_are_programs():
    code = "def f(x):\n    return x + 1 if x < 2 and x else 0"
    found = list(mutants(code))
    assert len(set(found)) == len(found) >= 15
    assert "def f(x):\n    return x + 1 if x <= 2 and x else 0" in found
    assert "def f(x):\n    return x - 1 if x < 2 and x else 0" in found
    for program in found:
        compile(program, "mutant", "exec")


def test_when_no_change_is_left_the_first_program_comes_back(quick):
    problem = Debugging().problem(6)
    start = code_of(problem)
    optimizer = MutationRepair(problem.parameters)
    assert optimizer.step() == {}
    assert code_of(problem) == start
    for _ in range(len(list(mutants(start))) + 1):
        optimizer.backward(problem.oracle())
        entry = optimizer.step()
    assert entry == {"note": "no change is left to try"}
    assert code_of(problem) == start


def test_code_that_changes_its_argument_does_not_change_the_tests(quick):
    problems = map(Debugging().problem, range(len(SUBJECTS)))
    problem = next(each for each in problems if "def median(" in code_of(each))
    before = copy.deepcopy([subject.tests for subject in SUBJECTS])
    head = code_of(problem).partition("\n")[0]
    problem.parameters[0].update(f"{head}\n    values.sort()\n    return 0")
    problem.oracle()
    assert [subject.tests for subject in SUBJECTS] == before


def test_a_test_that_failed_counts_whatever_the_code_does_the_next_time():
    problem = Debugging().problem(0)
    with sandbox.use("inprocess"):
        fix(problem, 0)
        solved = code_of(problem)
        head, _, body = solved.partition("\n")
        counted = "    import math\n    math.n = getattr(math, 'n', 0) + 1\n"
        first = f"{counted}    if math.n == 1:\n        return None\n"
        problem.parameters[0].update(f"{head}\n{first}{body}")
        try:
            outcome = problem.oracle()
        finally:
            del math.n
    assert "returned None" in outcome.feedback
    assert not outcome.solved
    assert outcome.score > 0


def test_feedback_quotes_the_beginning_of_a_huge_result(quick):
    problem = Debugging().problem(0)
    head = code_of(problem).partition("\n")[0]
    problem.parameters[0].update(f"{head}\n    return 'a' * 1000000")
    feedback = problem.oracle().feedback
    assert "(1000002 characters)" in feedback
    assert len(feedback) < 2000
