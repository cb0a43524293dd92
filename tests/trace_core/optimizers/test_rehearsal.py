"""The template of a rehearsal: what it fixes, what it leaves to the LLM, and where there is one."""

import math
import re

import pytest

from trace_core import bundle, node
from trace_core.llm import MockLLM
from trace_core.optimizers import OptoPrime


def asking(x, output, feedback="The output needs to be larger.", **settings):
    optimizer = OptoPrime([x], Listening(), **settings)
    optimizer.zero_feedback()
    optimizer.backward(output, feedback)
    return optimizer


class Listening(MockLLM):
    def complete(self, request):
        self.request = request
        return super().complete(request)


def template(optimizer):
    optimizer.step()
    return optimizer.llm.request.schema


def reasoning(schema, asked):
    cases = schema["properties"]["reasoning"]["anyOf"]
    return next(c["properties"] for c in cases if c["properties"]["asked"]["enum"] == [asked])


def number(value=-1.0):
    x = node(value, name="x", trainable=True)
    return x, 3 - (x - node(-2.0, name="c")) * x


def test_every_line_is_computed_again_by_the_llm() -> None:
    lines = reasoning(template(asking(*number())), "larger")
    assert list(lines) == [
        "asked",
        "rehearsed",
        "subtract0 = x0 - c0",
        "multiply0 = subtract0 * x0",
        "subtract1 = int0 - multiply0",
        "change = subtract1 - 4",
    ]
    assert lines["rehearsed"]["enum"] == ["x0 = -0.5"]
    known, free = lines["subtract0 = x0 - c0"]["pattern"], lines["multiply0 = subtract0 * x0"]
    assert re.search(known, "-0.5 - (-2) = 1.5")
    assert re.search(known, "-0.5 - (-2) = 99"), "the result is the LLM's, right or wrong"
    assert not re.search(known, "0.5 - (-2) = 1.5"), "what is given is not"
    assert re.search(free["pattern"], "1.5 * (-0.5) = -0.75")
    assert re.search(free["pattern"], "7 * (-0.5) = 12")


@pytest.mark.parametrize(
    ("asked", "rising", "falling"), [("larger", "above", "below"), ("smaller", "below", "above")]
)
def test_only_the_direction_that_follows_is_allowed(asked, rising, falling) -> None:
    lines = reasoning(template(asking(*number())), asked)
    pattern = lines["change = subtract1 - 4"]["pattern"]
    sums = {"above": "go above -1: x0 = -1 + 2 = 1", "below": "go below -1: x0 = -1 - 2 = -3"}
    assert re.search(pattern, f"5 - 4 = 1: {sums[rising]}")
    assert re.search(pattern, f"2 - 4 = -2: {sums[falling]}")
    assert not re.search(pattern, f"5 - 4 = 1: {sums[falling]}")


@pytest.mark.parametrize(
    ("value", "steps", "beyond"),
    [
        (-1.0, ["0.05", "9.99"], ["10", "0"]),
        (19.0, ["9.5"], ["10"]),
        (20.0, ["1", "99"], ["100"]),
        (-3000, ["9999"], ["10000"]),
    ],
)
def test_a_step_stays_in_the_order_of_magnitude_of_what_was_rehearsed(value, steps, beyond) -> None:
    x = node(value, name="x", trainable=True)
    lines = reasoning(template(asking(x, x * 2)), "larger")
    pattern = next(line["pattern"] for name, line in lines.items() if name.startswith("change"))
    for step, allowed in [(s, True) for s in steps] + [(s, False) for s in beyond]:
        reply = f"1 {_minus(value * 2)} = 1: go above {value:g}: x0 = {value:g} + {step} = 1"
        assert bool(re.search(pattern, reply)) is allowed, (step, pattern)


def _minus(number):
    return f"+ {-number:g}" if number < 0 else f"- {number:g}"


def test_another_question_leaves_the_direction_open() -> None:
    lines = reasoning(template(asking(*number())), "something else")
    pattern = lines["change = subtract1 - 4"]["pattern"]
    assert re.search(pattern, "2 - 4 = -2: go below -1: x0 = -1 - 2 = -3")
    assert re.search(pattern, "2 - 4 = -2: go above -1: x0 = -1 + 2 = 1")


def test_the_template_does_not_depend_on_the_feedback() -> None:
    schemas = [template(asking(*number(), feedback=f)) for f in ("larger", "smaller", "be 5", "")]
    assert all(schema == schemas[0] for schema in schemas)


def test_the_suggestion_is_a_number_as_ever() -> None:
    suggestion = template(asking(*number()))["properties"]["suggestion"]
    assert suggestion["properties"] == {"x0": {"type": "number"}}


@bundle()
def double(x):
    """Twice x."""
    return 2 * x


def other_traces():
    x, a, b = (node(1.0, name=n, trainable=True) for n in "xab")
    yield [x], double(x) + 1, {}
    yield [node("a", name="t", trainable=True)] * 1, None, {}
    yield [a, b], a * b, {}
    yield [x], x * 2, {"rehearse": False}
    yield [x], x * 2, {"mask": ["#Others"]}
    yield [x], sum([x] * 40, start=x), {}


@pytest.mark.parametrize("case", range(6))
def test_other_traces_are_reasoned_about_in_words(case) -> None:
    parameters, output, settings = list(other_traces())[case]
    llm = Listening()
    optimizer = OptoPrime(parameters, llm, **settings)
    optimizer.backward(parameters[0] + "b" if output is None else output, "larger")
    optimizer.step()
    assert llm.request.schema["properties"]["reasoning"]["type"] == "string"


@pytest.mark.parametrize(
    ("value", "rehearsed"),
    [(-1.0, "-0.5"), (0.0, "0.5"), (-4.0, "-2"), (10.0, "15"), (3, "5"), (-1, "0")],
)
def test_the_rehearsed_value_is_higher_and_whole_where_the_variable_is(value, rehearsed) -> None:
    x = node(value, name="x", trainable=True)
    lines = reasoning(template(asking(x, x * 2)), "larger")
    assert lines["rehearsed"]["enum"] == [f"x0 = {rehearsed}"]


@pytest.mark.parametrize(("value", "of"), [(2.0, 1e6), (1e6, 1e-6), (math.inf, 0.0)])
def test_numbers_that_no_small_model_reckons_with_are_reasoned_about_in_words(value, of) -> None:
    x = node(value, name="x", trainable=True)
    schema = template(asking(x, of / x if math.isinf(value) else x * of))
    assert schema["properties"]["reasoning"]["type"] == "string"
