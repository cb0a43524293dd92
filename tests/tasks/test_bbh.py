"""The task: its promises, its epoch, and what an optimizer is told."""

import json
import os
from pathlib import Path

import pytest
import yaml

from tests.fresh_process import ROOT
from trace_bench.tasks.bbh import BBH
from trace_bench.tasks.bbh.problem import BBHProblem
from trace_bench.tasks.bbh.subsets import GROUPS, MADE_UP, PUBLISHED
from trace_core import ExceptionNode, UserError, sandbox
from trace_core.llm import Recorder, RequestRefused
from trace_core.opto import Problem

from .bbh_answers import Answering, truth
from .contract import TaskContract
from .visible import visible

CONFIG = yaml.safe_load((ROOT / "conf/task/bbh.yaml").read_text())
SETTINGS = {k: v for k, v in CONFIG.items() if k not in ("name", "kind", "description")}
DATA = os.environ.get("TRACE_BENCH_BBH", "")
needs_data = pytest.mark.skipif(
    not Path(DATA, "navigate.json").exists(), reason="TRACE_BENCH_BBH names no folder with the data"
)


CODE = "def extract_answer(self, template, question, response):\n    "
PROMPT = "def create_prompt(self, template, question):\n    "


class Offline(BBH):
    """The task with an LLM that knows every answer, and gets every second one wrong."""

    def problem(self, seed: int) -> BBHProblem:
        problem = super().problem(seed)
        split = problem.split
        known = truth(split.train, split.validation, split.test)
        wrong = [e.question for part in (split.train, split.test) for e in part[::2]]
        problem.llm = Answering(known | dict.fromkeys(wrong, "?"))
        return problem


def small(**changes) -> Offline:
    given = {"subset": "generated/word_sorting", "examples": 30, "max_connections": 4}
    return Offline(**{**SETTINGS, **given, **changes})


def script(problem: BBHProblem, budget: int | None = None, **changes: str | None) -> Answering:
    """Give the problem an LLM that knows all answers but these, by part and place."""
    known = truth(problem.split.train, problem.split.validation, problem.split.test)
    for place, answer in changes.items():
        part, _, index = place.partition("_")
        known[getattr(problem.split, part)[int(index)].question] = answer
    llm = Answering(known)
    problem.llm, problem.budget = llm, budget
    return llm


def iterate(problem: BBHProblem, times: int) -> list[dict[str, float]]:
    """Iterations without updates."""
    found = []
    for _ in range(times):
        problem.oracle()
        found.append(problem.evaluate())
    return found


@pytest.fixture
def boxed():
    with sandbox.use("auto", imports=small().imports, limits=sandbox.Limits(call_s=4)) as chosen:
        yield chosen


class TestBBH(TaskContract):
    beyond = None

    @classmethod
    def task(cls) -> Offline:
        return small()

    def sabotage(self, problem: Problem) -> None:
        problem.parameters[0].update("There is no place for it here.")


def test_the_config_is_the_papers():
    task = BBH(**SETTINGS)
    assert (task.train, task.validation, task.max_tokens) == (15, 5, 1024)
    assert task.iterations == 14, "the update after the last example could not be tested"
    assert len(PUBLISHED) == 27 and len(GROUPS["nlp"]) == 12 and len(GROUPS["algorithmic"]) == 15


# Splits


@needs_data
def test_the_first_trial_has_the_papers_split_and_others_a_shuffled_one():
    task = BBH(subset="navigate", data_dir=DATA)
    first = task.problem(0).split
    assert [e.index for e in (*first.train, *first.validation)] == list(range(20))
    assert len(first.test) == 230
    other = task.problem(1).split
    assert [e.index for e in other.train] != [e.index for e in first.train]
    parts = (*other.train, *other.validation, *other.test)
    assert sorted(e.index for e in parts) == list(range(250))


@needs_data
@pytest.mark.parametrize("subset", PUBLISHED)
def test_every_published_subset_can_be_used(subset):
    split = BBH(subset=subset, data_dir=DATA).problem(0).split
    assert len(split.test) >= 126
    assert all(e.question and e.target == e.target.strip() for e in split.test)


@pytest.mark.parametrize("subset", MADE_UP)
def test_every_made_up_subset_can_be_used_and_trials_differ(subset):
    task = BBH(subset=subset, examples=40)
    one, other = task.problem(0).split, task.problem(1).split
    assert (len(one.train), len(one.validation), len(one.test)) == (15, 5, 20)
    assert not {e.question for e in one.test} & {e.question for e in one.train}
    assert [e.question for e in one.test] != [e.question for e in other.test]


def test_fewer_examples_are_the_first_ones():
    few, many = (BBH(subset=MADE_UP[0], examples=n).problem(3).split for n in (30, 60))
    assert few.train == many.train and few.test == many.test[: len(few.test)]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"subset": "word_sortin"}, "There is no subset 'word_sortin'. Did you mean 'word_sort"),
        ({"subset": "generated/word_sorter"}, "Did you mean 'generated/word_sorting'"),
        ({"subset": "algoritmic"}, "Did you mean 'algorithmic'"),
        ({"subset": "nlp"}, "stands for 12 subsets"),
        ({"examples": 20}, "task.examples=20 leaves none for the test after 15"),
    ],
)
def test_settings_that_make_no_sense_are_told(settings, told):
    with pytest.raises(UserError, match=told) as caught:
        BBH(**{"subset": "generated/navigate", **settings})
    assert "\n" not in str(caught.value)


def test_without_an_llm_it_says_what_is_missing():
    with pytest.raises(UserError, match="asks an LLM: set problem.llm"):
        BBH(subset="generated/navigate").problem(0).oracle()


# An epoch


def test_the_best_workflow_is_tested_in_the_last_iteration_only():
    problem = small().problem(0)
    script(problem, budget=3, train_1="?", test_4="?", validation_2="?")
    found = iterate(problem, 4)
    assert [set(m) == {"validation_accuracy", "best_iteration"} for m in found] == [True] * 3 + [
        False
    ]
    assert found[-1] == {
        "validation_accuracy": 80.0,
        "best_iteration": 0.0,
        "test_accuracy": 90.0,
        "test_right": 9.0,
        "test_examples": 10.0,
        "test_failed": 0.0,
        "test_empty_replies": 0.0,
    }


def test_an_iteration_shows_an_example_and_the_epoch_begins_anew_after_the_last():
    problem = small(train=2).problem(0)
    script(problem, budget=9)
    seen = []
    for _ in range(5):
        problem.oracle()
        problem.oracle()
        problem.evaluate()
        seen.append([r["example"] for r in problem.take_examples() if r["part"] == "train"])
    assert seen == [[0], [1], [0], [1], [0]]


def test_a_right_answer_asks_for_no_change_and_a_wrong_one_says_what_was_expected():
    problem = small().problem(0)
    script(problem, train_1="?")
    outcome = problem.oracle()
    assert outcome.keep and outcome.feedback == "The answer is right. Nothing needs to be changed."
    problem.evaluate()
    outcome = problem.oracle()
    expected = problem.split.train[1].target
    assert not outcome.keep and f'"{expected}" was expected, exactly so' in outcome.feedback
    assert outcome.output.data == "?"
    assert "extract_answer" in outcome.feedback and outcome.score is None


def test_a_workflow_becomes_the_best_after_a_right_answer_if_it_validates_better(boxed):
    problem = small().problem(0)
    script(problem, budget=5, train_1="?", validation_0="x", validation_1="x")
    assert iterate(problem, 1)[0]["validation_accuracy"] == 60
    template, _, extract = problem.parameters
    extract.update(
        CODE + 'return " ".join(sorted(question.partition("List: ")[2].split()))',
    )
    found = iterate(problem, 2)
    assert found[0]["validation_accuracy"] == 100, "it answers the example that the LLM cannot"
    assert found[0]["best_iteration"] == 1
    template.update(template.data.replace("Your turn.", "Go."))
    assert iterate(problem, 1)[0]["best_iteration"] == 1, "as good is not better"


def test_a_wrong_answer_makes_no_workflow_the_best(boxed):
    problem = small().problem(0)
    script(problem, budget=5, train_1="?")
    iterate(problem, 1)
    problem.parameters[0].update("Other words. {question}")
    assert iterate(problem, 1)[0]["best_iteration"] == 0
    validated = [r for r in problem.take_examples() if r["part"] == "validation"]
    assert len(validated) == 5, "the start was validated, nothing else"


def test_a_failure_sets_the_workflow_back_to_the_best_and_is_fed_back(boxed):
    problem = small().problem(0)
    script(problem, budget=5)
    iterate(problem, 1)
    best = [p.data for p in problem.parameters]
    problem.parameters[2].update(CODE + "return response[10**6]")
    outcome = problem.oracle()
    assert isinstance(outcome.output, ExceptionNode)
    assert "(IndexError) string index out of range" in outcome.feedback
    # The optimizer sees the best values again: what failed would be in no prompt otherwise.
    _, tried, after = outcome.feedback.partition("It was tried with:\nextract_answer_code: ")
    assert tried and "10**6" in after and "template: " not in after
    problem.evaluate()
    assert [p.data for p in problem.parameters] == best


def test_the_test_is_that_of_the_best_workflow_not_of_the_last(boxed):
    problem = small().problem(0)
    script(problem, budget=1)
    iterate(problem, 1)
    problem.parameters[2].update(CODE + 'return "nothing"')
    assert iterate(problem, 1)[0]["test_accuracy"] == 100


def test_without_a_budget_every_evaluation_is_a_test_and_training_goes_on(boxed):
    problem = small().problem(0)
    script(problem)
    assert iterate(problem, 1)[0]["test_accuracy"] == 100
    changed = CODE + 'return "nothing"'
    problem.parameters[2].update(changed)
    assert iterate(problem, 1)[0]["test_accuracy"] == 100, "that of the best"
    assert problem.parameters[2].data == changed


def test_there_is_a_record_of_every_example():
    problem = small().problem(0)
    script(problem, budget=0, test_3="?", test_4=None)
    iterate(problem, 1)
    records = problem.take_examples()
    assert [r["part"] for r in records] == ["train"] + ["validation"] * 5 + ["test"] * 10
    assert json.loads(json.dumps(records[9])) == {
        "part": "test",
        "example": 23,
        "target": problem.split.test[3].target,
        "answer": "?",
        "right": False,
        "error": None,
    }
    assert "answered nothing (finish reason: stop)" in records[10]["error"]
    assert problem.take_examples() == []


# What is the proposal's fault


BAD = {
    "a number": (2, CODE + "return 5", "(TypeError) extract_answer must return the answer as a"),
    "None": (2, CODE + "pass", "not a NoneType"),
    "a list": (2, CODE + "return [response]", "not a list"),
    "no placeholder": (0, "What is it?", "(ValueError) the template has no {question}"),
    "a prompt that is no text": (1, PROMPT + "return 5", "is asked with a text (str), not a int"),
    "an empty prompt": (1, PROMPT + "return ' '", "(ValueError) the prompt is empty"),
    "a huge prompt": (1, PROMPT + "return 'x' * 10**6", "has 1000000 characters, and 20000 are"),
    "an endless loop": (2, CODE + "while True: pass", "(TimeoutError) it took longer than 4 s"),
    "a peek": (2, CODE + "return self._ask('?')", "offers this code no '_ask'"),
    "a forbidden import": (2, CODE + "import os", "the import of 'os' is not allowed here"),
}


@pytest.mark.parametrize("bad", BAD)
def test_bad_proposals_are_feedback(bad, boxed):
    place, value, told = BAD[bad]
    problem = small().problem(0)
    script(problem)
    problem.parameters[place].update(value)
    outcome = problem.oracle()
    assert isinstance(outcome.output, ExceptionNode)
    assert told in outcome.feedback


@pytest.mark.parametrize("reply", ["", " \n"])
def test_an_llm_that_answers_nothing_is_feedback_and_counted(reply):
    problem = small().problem(0)
    script(problem, budget=0, train_0=f"!{reply}", test_1=f"!{reply}")
    outcome = problem.oracle()
    assert "(ValueError) the LLM answered nothing (finish reason: stop)" in outcome.feedback
    metrics = problem.evaluate()
    assert (metrics["test_failed"], metrics["test_empty_replies"]) == (1, 1)
    assert metrics["test_accuracy"] == 90


def test_code_may_ask_the_llm_itself(boxed):
    problem = small().problem(0)
    llm = script(problem, budget=0)
    problem.parameters[2].update(
        CODE + 'again = self.call_llm("Once more: " + question)\n'
        '    return again.split("Answer:")[1].strip()'
    )
    assert problem.oracle().keep
    assert llm.requests[-1].messages[0].content.startswith("Once more: ")
    assert problem.evaluate()["test_accuracy"] == 100
    assert boxed.name in sandbox.ISOLATING


@pytest.mark.parametrize("told", ["maximum context length is 8192 tokens", "content filter"])
def test_a_prompt_that_the_server_refuses_is_feedback(boxed, told, monkeypatch):
    def refused(self, request):
        raise RequestRefused(f"the server refused the request ({told})")

    problem = small().problem(0)
    script(problem, budget=0)
    monkeypatch.setattr(Answering, "complete", refused)
    outcome = problem.oracle()
    assert isinstance(outcome.output, ExceptionNode)
    assert "(ValueError) the LLM refused this prompt" in outcome.feedback
    assert told in outcome.feedback


def test_an_answer_of_megabytes_is_feedback(boxed):
    problem = small().problem(0)
    script(problem, budget=0)
    problem.parameters[2].update(CODE + 'return "7 " * 10000')
    outcome = problem.oracle()
    assert "returned 20000 characters, and 10000 are allowed" in outcome.feedback


def test_code_is_not_told_of_what_it_is_refused(boxed):
    problem = small().problem(0)
    script(problem, budget=0)
    problem.parameters[2].update(CODE + "return self.template")
    assert "it offers call_llm()" in problem.oracle().feedback


# Order


def test_results_do_not_depend_on_how_many_examples_are_under_way(boxed):
    def outcome(connections):
        problem = small(max_connections=connections).problem(0)
        llm = script(problem, budget=0, test_2="?", test_7=None)
        recorder = problem.llm = Recorder(llm)
        problem.parameters[1].update(PROMPT + "return template + question.split()[0]")
        seen = visible(problem, problem.oracle())
        metrics, records = problem.evaluate(), problem.take_examples()
        exchanges = [(e.request.stream, e.key, e.reply.text) for e in recorder.take()]
        return seen, metrics, records, exchanges

    assert outcome(1) == outcome(8) == outcome(32)
