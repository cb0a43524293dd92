import numpy as np
import pytest

from trace_core import ExecutionError, bundle, node, trace_feedback
from trace_core._labels import labels
from trace_core.optimizers._report import SECTIONS, report
from trace_core.optimizers._values import show, value_text


@bundle()
def blend(a, b):
    """Mix a and b."""
    return a + 2 * b


def example():
    x = node(1.25, name="x", trainable=True, constraint="between 0 and 2")
    c = node(3, name="c")
    return x, blend(x + c, x) * 2


def reported(parameters, instruction="Do it."):
    return report(trace_feedback(parameters), instruction)


def test_the_report_tells_the_run_as_a_program():
    x, out = example()
    out.backward("larger")
    sections = reported([x]).sections
    assert sections == {
        "Instruction": "Do it.",
        "Code": "add0 = x0 + c0  # 1.25 + 3 = 4.25\nblend0 = blend(a=add0, b=x0)\n"
        "multiply0 = blend0 * int0  # 6.75 * 2 = 13.5",
        "Documentation": "[blend] Mix a and b.",
        "Variables": "(float) x0=1.25",
        "Constraints": "x0: between 0 and 2",
        "Inputs": "(int) c0=3\n(int) int0=2",
        "Others": "(float) blend0=6.75",
        "Outputs": "(float) multiply0=13.5",
        "Feedback": "larger",
    }


def test_equal_traces_give_equal_reports_whatever_ran_before():
    x, out = example()
    out.backward("larger")
    first = reported([x]).text()
    for _ in range(5):
        example()
    y, again = example()
    again.backward("larger")
    assert reported([y]).text() == first


def test_masked_sections_are_empty_but_keep_their_headings():
    x, out = example()
    out.backward("larger")
    masked = reported([x]).text(["#Code", "Inputs"])
    assert all(f"#{name}" in masked for name in SECTIONS)
    assert "multiply(" not in masked
    assert "c0=3" not in masked
    assert "x0=1.25" in masked
    with pytest.raises(ValueError, match="no section"):
        reported([x]).text(["#Kode"])


def test_what_does_not_depend_on_the_parameters_is_an_input():
    x = node(1, name="x", trainable=True)
    elsewhere = node(2, name="a") + node(3, name="b")
    (x * elsewhere).backward("up")
    sections = reported([x]).sections
    assert sections["Inputs"] == "(int) add0=5"
    assert "a0" not in sections["Code"]


def test_code_and_errors_are_shown_in_full():
    @bundle(trainable=True)
    def act(x):
        """Choose."""
        return 1 / x

    with pytest.raises(ExecutionError) as caught:
        act(node(0, name="x"))
    end = caught.value.exception_node
    end.backward(end.create_feedback())
    sections = reported([act.parameter]).sections
    assert sections["Variables"].startswith("(code) act_code0:\ndef act(x):\n")
    assert sections["Code"] == "exception_eval0 = eval(x=x0, __code=act_code0)"
    assert "In act, line 3: return 1 / x" in sections["Outputs"]
    assert "(ZeroDivisionError)" in sections["Feedback"]


def test_a_minibatch_names_the_output_of_each_feedback():
    x = node(1.0, name="x", trainable=True)
    (x + 1).backward("larger")
    (x * 3).backward("smaller")
    assert reported([x]).sections["Feedback"] == "add0: larger\nmultiply0: smaller"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1 / 3, "0.333333"),
        (2.0, "2.0"),
        (1e300, "1e+300"),
        (float("nan"), "nan"),
        ([1 / 3, (2.0,)], "[0.333333, (2.0,)]"),
        ({"a": 0.1 + 0.2}, "{'a': 0.3}"),
        (True, "True"),
        (np.float64(1 / 3), "0.333333"),
    ],
)
def test_numbers_have_six_digits_wherever_they_stand(value, text):
    assert show(value) == text


class Shy:
    def __repr__(self):
        raise RuntimeError("no repr")


def nested(depth):
    found = []
    for _ in range(depth):
        found = [found]
    return found


CYCLE = [1.0]
CYCLE.append(CYCLE)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Shy(), "<a Shy whose repr raises RuntimeError>"),
        ([Shy()], "<a list whose repr raises RuntimeError>"),
        (10**5000, "<a int whose repr raises ValueError>"),
        (CYCLE, "[1.0, [...]]"),
        (nested(3_000), "<a list whose repr raises RecursionError>"),
    ],
    ids=["raises", "inside", "too large", "cyclic", "deep"],
)
def test_what_cannot_be_shown_is_named_and_stops_nothing(value, text):
    x = node(1.0, name="x", trainable=True)
    bundle(lambda x, value: x)(x, node(value, name="value")).backward("larger")
    assert text in reported([x]).sections["Inputs"]
    assert text in repr(node(value))


def test_no_two_variables_are_called_alike():
    parameters = [node(float(i), name="w", trainable=True) for i in range(11)]
    parameters.append(node(0.0, name="w1", trainable=True))
    total = parameters[0]
    for each in parameters[1:]:
        total = total + each
    total.backward("larger")
    assert list(reported(parameters).variables.values()) == parameters
    assert list(labels(parameters).values()) == parameters


def test_sets_are_printed_in_one_order():
    words = [f"word {i}" for i in range(20)]
    assert show(set(words)) == "{" + ", ".join(sorted(map(repr, words))) + "}"
    assert show(frozenset({2, 1})) == "frozenset({1, 2})"
    assert show(set()) == "set()"
    assert show(np.float32(1.5)) == "1.5"


def test_no_address_reaches_a_report() -> None:
    class Thing: ...

    @bundle()
    def fail(x):
        raise ValueError(f"bad {Thing()}")

    @bundle()
    def told(x):
        return f"seen {Thing()}"

    x = node("jump at 0xff", name="x", trainable=True)
    with pytest.raises(ExecutionError) as caught:
        fail(x)
    assert " at 0x" not in caught.value.exception_node.data
    assert caught.value.exception_node.data.endswith(".Thing object>")
    assert " at 0x" not in value_text(told(x))
    assert value_text(x) == "jump at 0xff", "what a person or an LLM wrote stays as it is"
