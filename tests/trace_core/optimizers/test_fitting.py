"""Reports of long traces: what is left out, what never is, and that it fits."""

import re

import pytest

from trace_core import bundle, node, trace_feedback
from trace_core.llm import MockLLM, Recorder
from trace_core.optimizers import OptoPrime
from trace_core.optimizers._folding import Fold, loops
from trace_core.optimizers._report import report

ROOMS = 4000, 2400, 1200


def parameter(value=1.0):
    return node(value, name="x", trainable=True, constraint="be bold")


def written(parameters, room=None, instruction="Do it."):
    return report(trace_feedback(parameters), instruction, room=room)


def loop(turns):
    x = parameter()
    y = x
    for _ in range(turns):
        y = y * 1.01 + 0.5
    y.backward("The output needs to be larger.")
    return x


@bundle()
def glue(left, right):
    """Left, then right."""
    return left + right


def test_what_fits_is_left_as_it_is() -> None:
    x = loop(10)
    assert written([x], room=100_000).text() == written([x]).text()
    assert written([x]).text().count(" * ") == 20, "ten lines, and ten times in numbers"


def test_turns_of_a_loop_are_folded_no_further_than_needed() -> None:
    notes = [re.search(r"\.\.\. (\d+) more steps", written([loop(31)], r).text()) for r in ROOMS]
    assert [int(note[1]) for note in notes] == [15, 23, 28]


def test_loops_keep_their_first_two_and_their_last_turn() -> None:
    code = written([loop(31)], room=1200).sections["Code"].splitlines()
    assert len(code) == 7
    assert code[4] == "... 28 more steps like this, the 2 lines above"
    assert code[0].startswith("multiply0 = x0 * float0")
    assert code[6].startswith("add30 = multiply30 + float61")


def test_inputs_of_what_is_left_out_are_left_out_and_counted() -> None:
    inputs = written([loop(31)], room=1200).sections["Inputs"].splitlines()
    assert len(inputs) == 7
    assert inputs[-1] == "... 56 more"


@pytest.mark.parametrize("turns", [300, 3000])
@pytest.mark.parametrize("room", [800, 2000, 8000])
def test_any_loop_fits(turns, room) -> None:
    assert len(written([loop(turns)], room=room).text()) <= room + 150  # the headings


def irregular(count, description="larger"):
    x = parameter()
    nodes = [x]
    for k in range(count):
        left, right = nodes[-1 - (k * k) % min(len(nodes), 7)], nodes[-1]
        nodes.append([left + right, left - right, left * 0.5][(k * k * 7 + k // 3) % 3])
    nodes[-1].backward(description)
    return x


def test_a_trace_without_loops_keeps_its_two_ends() -> None:
    x = irregular(1500)
    shown = written([x], room=4000)
    assert len(shown.text()) <= 4150
    code = shown.sections["Code"].splitlines()
    assert len(code) > 20
    assert any(re.fullmatch(r"\.\.\. [\d,]+ more operations", line) for line in code)
    assert re.search(r"\bx0\b", code[0])
    (output,) = shown.outputs
    assert code[-1].startswith(f"{shown.names[output]} = ")


def test_what_the_feedback_needs_is_always_there() -> None:
    for room in (600, 1500, 5000):
        sections = written([irregular(1500, "It must be larger.")], room=room).sections
        assert sections["Instruction"] == "Do it."
        assert sections["Variables"] == "(float) x0=1.0"
        assert sections["Constraints"] == "x0: be bold"
        assert sections["Feedback"] == "It must be larger."
        assert "=" in sections["Outputs"]


def test_long_values_lose_their_middle_before_operations_are_left_out() -> None:
    x = parameter("a")
    y = glue(x, node("b" * 1500 + "END"))
    glue(y, node("c")).backward("shorter")
    whole = written([x]).sections
    assert "b" * 1500 in whole["Inputs"]
    sections = written([x], room=2500).sections
    assert "[... " in sections["Inputs"]
    assert "characters ...]" in sections["Inputs"]
    assert "END" in sections["Inputs"]
    assert sections["Code"] == whole["Code"]


def test_variables_are_never_cut() -> None:
    x = parameter("a" * 5000)
    glue(x, "b").backward("shorter")
    assert "a" * 5000 in written([x], room=1000).sections["Variables"]


def test_an_endless_feedback_is_cut_at_last() -> None:
    x = parameter()
    (x * 2).backward("word " * 10_000)
    text = written([x], room=3000).text()
    assert len(text) < 3300
    assert "x0=1.0" in text


def test_a_masked_report_fits_too() -> None:
    x = irregular(1500)
    shown = written([x], room=4000)
    assert len(shown.text(["#Others"])) <= 4150
    assert "  # " not in shown.text(["#Others"])


def test_documentation_is_given_once() -> None:
    x = parameter("a")
    glue(glue(glue(x, "b"), "c"), "d").backward("")
    assert written([x]).sections["Documentation"] == "[glue] Left, then right."


@pytest.mark.parametrize(
    ("kinds", "found"),
    [
        ("", []),
        ("abc", []),
        ("aaa", []),
        ("aaaa", [(0, 1, 4)]),
        ("abababab", [(0, 2, 4)]),
        ("xabababaaaaay", [(7, 1, 5)]),
        ("xababababaaay", [(1, 2, 4)]),
        ("abcabcabcabcabcz", [(0, 3, 5)]),
        ("aaaabaaaab" * 4, [(0, 5, 8)]),
    ],
)
def test_repetitions_are_found(kinds, found) -> None:
    assert [(loop.start, loop.period, loop.turns) for loop in loops(kinds)] == found


def test_turns_are_folded_only_where_there_are_more_than_are_shown() -> None:
    (loop,) = loops("ab" * 5)
    assert loop.folded(2, 1) == Fold(4, 8, 2)
    assert loop.folded(2, 1).times == 2
    assert loop.folded(4, 4) is None


def prompt(optimizer):
    return "".join(message.content for message in optimizer.prompt(optimizer.problem_instance()))


def test_the_optimizer_keeps_to_its_budget_and_drops_the_oldest_memories() -> None:
    x = parameter()
    optimizer = OptoPrime([x], MockLLM(), memory_size=10, max_prompt_tokens=1500)
    for turn in range(8):
        optimizer.zero_feedback()
        optimizer.backward(glue(x * 2, x), f"feedback {turn} " + "word " * 80)
        optimizer.step()
    optimizer.zero_feedback()
    optimizer.backward(x * 2, "last")
    text = prompt(optimizer)
    assert len(text) <= 1500 * 2.5 + 200
    assert "feedback 7" in text
    assert "feedback 0" not in text


def test_the_context_of_the_llm_is_the_default_budget() -> None:
    class Small(MockLLM):
        context_tokens = 2000

    x = loop(60)
    optimizer = OptoPrime([x], Recorder(Small()), max_tokens=500)
    assert 2000 < len(prompt(optimizer)) <= 1500 * 2.5 + 200
    wide = OptoPrime([x], MockLLM())
    assert len(prompt(wide)) > len(prompt(optimizer))
