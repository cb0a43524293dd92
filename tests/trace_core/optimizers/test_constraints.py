import math

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from trace_core import bundle, node
from trace_core.llm import MockLLM
from trace_core.optimizers import OptoPrime
from trace_core.optimizers._constraints import violation, words
from trace_core.optimizers._projections import project
from trace_core.optimizers._suggestion import parse, schema
from trace_core.opto import Interval


def even(value):
    """An even number."""
    return value % 2 == 0


def short(value):
    if len(value) > 3:
        raise ValueError("more than 3 letters")


def variable(value, constraint=None):
    return {"x0": node(value, name="x", trainable=True, constraint=constraint)}


def proposed(value, variables, projections=()):
    import json

    return parse(json.dumps({"suggestion": {"x0": value}}), variables, projections)


@pytest.mark.parametrize(
    ("constraint", "good", "bad", "reason"),
    [
        (Interval(0, 1), 0.5, 1.5, "1.5 is not from 0 to 1"),
        (Interval(15, 90, integer=True), 30, 14, "14 is not a whole number from 15 to 90"),
        (even, 4, 3, "3 does not satisfy: An even number."),
        (short, "abc", "abcd", "'abcd' was refused: more than 3 letters"),
        (len, "abc", 3, "3 was refused: object of type 'int' has no len()"),
    ],
)
def test_a_constraint_that_can_be_checked_is(constraint, good, bad, reason) -> None:
    assert violation(constraint, good) is None
    assert violation(constraint, bad) == reason


def test_words_are_told_and_not_checked() -> None:
    assert violation("positive", -1) is None
    assert words("positive") == "positive"


def test_a_function_is_told_by_its_docstring_or_its_name() -> None:
    assert words(even) == "An even number."
    assert words(short) == "short"
    assert words(Interval(0.5, 2)) == "from 0.5 to 2"
    assert words(Interval(0.5, 2, unit="m")) == "a number of m from 0.5 to 2"
    seconds = Interval(15, 90, integer=True, unit="seconds")
    assert words(seconds) == "a whole number of seconds from 15 to 90"
    assert words(Interval(0, 1 / 3)) == "from 0 to 0.333333"


TRIED = (-99, 0, 5, 6, 15, 16, 39, 40, 60, 89, 90, 99)


@pytest.mark.parametrize(
    ("start", "constraint", "allowed", "others"),
    [
        (15, Interval(15, 90), {15, 16, 39, 40, 60, 89, 90}, {16}),
        (90, Interval(15, 90), {15, 16, 39, 40, 60, 89, 90}, {15, 16, 39, 40, 60, 89}),
        (40, Interval(14.5, 60.5, integer=True), {15, 16, 39, 40, 60}, {15, 16, 39, 60}),
        (5, Interval(0, math.inf), {*TRIED} - {-99}, {0, 6, 15}),
        (6, Interval(15, 90, integer=True), {15, 16, 39, 40, 60, 89, 90}, {15, 16}),
        (5, Interval(5, 5), {5}, {5}),  # there is no other
        (5, "small", {*TRIED}, {0, 6, 15}),
    ],
)
def test_whole_numbers_are_asked_for_within_their_interval(
    start, constraint, allowed, others
) -> None:
    for changed, expected in ((False, allowed), (True, others)):
        form = schema(variable(start, constraint), changed=changed)
        wanted = Draft202012Validator(form["properties"]["suggestion"])
        assert {value for value in TRIED if wanted.is_valid({"x0": value})} == expected


def test_what_breaks_a_constraint_is_not_applied_and_counted_apart_from_wrong_types() -> None:
    found = proposed(3, variable(2, even))
    assert (found.values, dict(found.events)) == ({}, {"rejected_constraint": 1})
    assert found.rejected == {"x0": "3 does not satisfy: An even number."}
    assert dict(proposed("a", variable(2, even)).events) == {"rejected_type": 1}


def test_the_reason_and_the_constraint_are_in_the_next_prompt() -> None:
    (x,) = variable(2, even).values()
    optimizer = OptoPrime([x], MockLLM(replies=['{"suggestion": {"x0": 3}}']))
    for _ in range(2):
        optimizer.zero_feedback()
        optimizer.backward(x + 1, "larger")
        text = optimizer.prompt(optimizer.problem_instance())[-1].content
        optimizer.step()
    assert "#Constraints\nx0: An even number." in text
    assert "x0: 3 does not satisfy: An even number." in text
    assert x.data == 2


@pytest.mark.parametrize(
    ("value", "constraint", "projections", "result"),
    [
        (1.7, Interval(0, 1), ["clip"], 1.0),
        (-5, Interval(0, 1), ["clip"], 0.0),
        (0.3, Interval(0, 1), ["clip"], 0.3),
        (14, Interval(14.5, 90.5, integer=True), ["clip"], 15),
        (7.6, None, ["round"], 8),
        (95.4, Interval(15, 90, integer=True), ["round", "clip"], 90),
    ],
)
def test_numbers_are_moved_into_the_feasible_set(value, constraint, projections, result) -> None:
    start = 20 if isinstance(result, int) else 0.5
    found = proposed(value, variable(start, constraint), projections)
    assert found.values == {"x0": result}
    assert type(found.values["x0"]) is type(start)
    assert found.events["projected"] == (0 if value == result else 1)


def test_without_projections_they_are_rejected() -> None:
    assert proposed(1.7, variable(0.5, Interval(0, 1))).values == {}
    assert proposed(7.6, variable(20)).values == {}


def test_what_a_projection_is_not_about_passes_through() -> None:
    named = ["clip", "round", "format_code"]
    (text,) = variable("a", Interval(0, 1)).values()
    assert project("b  ", text, named) == "b  "
    (flag,) = variable(True).values()
    assert project(True, flag, named) is True
    assert project(float("nan"), flag, named) != 0


def test_code_is_laid_out_anew_if_it_is_python() -> None:
    @bundle(trainable=True)
    def act(x):
        return x

    lines = ["def act( x ):", "        # twice", "        return  x*2"]
    assert project(lines, act.parameter, ["format_code"]) == "def act(x):\n    return x * 2"
    assert project("def act(x", act.parameter, ["format_code"]) == "def act(x"


def test_a_projection_may_be_a_function_of_the_user() -> None:
    def positive(value, parameter):
        return abs(value)

    assert proposed(-3.0, variable(1.0), [positive]).values == {"x0": 3.0}


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_numbers_without_end_are_refused(value) -> None:
    found = parse(f'{{"suggestion": {{"x0": {value}}}}}', variable(1.0))
    assert "finite" in found.rejected["x0"]


def test_a_check_may_answer_in_numpy():
    def positive(value):
        """Above 0."""
        return np.all(value > 0)

    for check in (positive, lambda value: value > 0):
        assert violation(check, np.array([1.0, 2.0])) is None
        assert violation(check, np.array([-1.0, 2.0])) is not None
    assert violation(lambda value: None, 1) is None
    assert violation(Interval(0, 9), np.int64(3)) is None


def test_numbers_beyond_any_float_are_outside_or_whole():
    assert violation(Interval(0, 9), 10**400) is not None
    assert violation(Interval(0, math.inf, integer=True), 10**400) is None
    for projection in ("clip", "round"):
        (parameter,) = variable(1, Interval(0, 9)).values()
        assert project(10**400, parameter, [projection]) in (9, 10**400)
