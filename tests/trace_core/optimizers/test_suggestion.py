import json

import numpy as np
import pytest

from trace_core import bundle, node
from trace_core.optimizers._suggestion import convert, parse, schema


def variables():
    return {
        "x0": node(1.5, name="x", trainable=True),
        "n0": node(3, name="n", trainable=True),
        "flag0": node(True, name="flag", trainable=True),
        "text0": node("def is a word", name="text", trainable=True),
        "items0": node([1, 2], name="items", trainable=True),
    }


def reply(**suggestion):
    return json.dumps({"reasoning": "r", "answer": "a", "suggestion": suggestion})


def test_a_good_reply_gives_values_in_the_parameters_types():
    found = parse(reply(x0=2, n0=4.0, flag0="False", text0="new def", items0=[3]), variables())
    assert found.rejected == {}
    assert found.values == {
        "x0": 2.0,
        "n0": 4,
        "flag0": False,
        "text0": "new def",
        "items0": [3],
    }
    assert (type(found.values["x0"]), type(found.values["n0"])) == (float, int)
    assert (found.reasoning, found.answer) == ("r", "a")


@pytest.mark.parametrize(
    "text",
    [
        "```json\n{}\n```",
        "Sure: {} Hope it helps {{",
        'First {{"note": 1}} then {}',
        "{}",
    ],
)
def test_the_object_is_found_among_other_text(text):
    assert parse(text.replace("{}", reply(x0=2.0)).replace("{{", "{"), variables()).values == {
        "x0": 2.0
    }


@pytest.mark.parametrize("text", ["", "no json", "[1]", '{"suggestion": 3}', '{"reasoning": "cut'])
def test_an_unusable_reply_is_rejected_with_a_reason(text):
    found = parse(text, variables())
    assert found.values == {}
    assert found.rejected["reply"]


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("x0", "two", "takes a float, not .two"),
        ("x0", None, "float"),
        ("x0", True, "float"),
        ("n0", 2.5, "int"),
        ("n0", False, "int"),
        ("flag0", "maybe", "neither"),
        ("flag0", 1, "neither"),
        ("text0", 3, "str"),
        ("items0", "abc", "takes a list, not .abc"),
        ("other", 1, "no such variable"),
    ],
)
def test_a_wrong_value_is_rejected_and_the_others_stay(name, value, reason):
    found = parse(reply(**{name: value, "x0" if name != "x0" else "n0": 7}), variables())
    assert len(found.values) == 1
    assert pytest.importorskip("re").search(reason, found.rejected[name])


def test_values_given_as_text_are_read_as_literals():
    assert convert("[1, 3]", variables()["items0"]) == [1, 3]
    assert convert("2.5", variables()["x0"]) == 2.5
    assert convert([1, 2], node((0,), trainable=True)) == (1, 2)


def test_code_must_be_a_new_version_of_its_function():
    @bundle(trainable=True)
    def act(x):
        return x

    code = act.parameter
    good = "import math\n\ndef act(x):\n    return math.sin(x)"
    assert convert(good, code) == good
    for bad in ("def other(x):\n    return 1", "def act(x:\n", "return 1", 3):
        with pytest.raises((SyntaxError, TypeError)):
            convert(bad, code)


def test_the_schema_allows_exactly_the_trainable_names_and_types():
    made = schema(variables())
    suggestion = made["properties"]["suggestion"]
    assert suggestion["required"] == list(variables())
    assert suggestion["additionalProperties"] is False
    assert suggestion["properties"]["n0"] == {"type": "integer"}
    assert suggestion["properties"]["flag0"] == {"type": "boolean"}
    assert suggestion["properties"]["items0"] == {"type": "array", "items": {"type": "integer"}}
    assert list(made["properties"]) == ["reasoning", "answer", "suggestion"]


def test_arrays_are_lists_of_their_shape():
    old = node(np.zeros((2, 2)), name="w", trainable=True)
    rows = schema({"w": old})["properties"]["suggestion"]["properties"]["w"]
    two = {"minItems": 2, "maxItems": 2}
    numbers = {"type": "array", "items": {"type": "number"}, **two}
    assert rows == {"type": "array", "items": numbers, **two}
    assert convert([[1, 2], [3, 4]], old).dtype == float
    assert convert("[[1, 2], [3, 4.5]]", old).tolist() == [[1, 2], [3, 4.5]]
    for wrong, why in [([1, 2], "not (2,)"), ([[1], [2, 3]], "of the shape"), (3.0, "takes a nd")]:
        with pytest.raises((TypeError, ValueError)) as caught:
            convert(wrong, old)
        assert why in str(caught.value)


def test_an_array_without_a_direction_is_a_number():
    old = node(np.array(1.5), name="bias", trainable=True)
    form = schema({"bias": old})["properties"]["suggestion"]["properties"]["bias"]
    assert form == {"type": "number"}
    for value in (0.25, "0.25"):
        new = convert(value, old)
        assert (type(new), new.dtype, new.shape, float(new)) == (np.ndarray, float, (), 0.25)
    for wrong in ([0.25], True, "much"):
        with pytest.raises(TypeError, match="it takes a ndarray"):
            convert(wrong, old)


def test_long_arrays_are_not_counted():
    old = node(np.zeros(100), name="w", trainable=True)
    form = schema({"w": old})["properties"]["suggestion"]["properties"]["w"]
    assert form == {"type": "array", "items": {"type": "number"}}


def test_names_of_nodes_are_understood_too():
    @bundle(trainable=True)
    def first(x):
        return x

    @bundle(trainable=True)
    def second(x):
        return x

    known = {"second_code0": second.parameter, "first_code0": first.parameter}
    new = "def first(x):\n    return 1"
    assert parse(reply(**{first.parameter.py_name: new}), known).values == {"first_code0": new}


@pytest.mark.parametrize(
    ("old", "proposed", "new"),
    [
        ([1, 2.5], ["2", "3.0"], [2.0, 3.0]),
        ([1.0], [2, 3], [2.0, 3.0]),
        ([{"a": 1}], ['{"a": 2}'], [{"a": 2}]),
        ([(1, 2), (3, 4)], [[1, 2], [5, 6]], [(1, 2), (5, 6)]),
        ((1, "a"), [2, "3"], (2, "3")),
        ([None, 1], ["any", "2"], ["any", 2]),
        ([], ["any", 2], ["any", 2]),
        (np.int64(5), 6, np.int64(6)),
        (np.float32(5), "6.5", np.float32(6.5)),
        (np.bool_(True), False, np.bool_(False)),
    ],
)
def test_items_and_numbers_of_numpy_keep_their_types(old, proposed, new):
    found = parse(reply(x0=proposed), {"x0": node(old, name="x", trainable=True)})
    assert found.rejected == {}
    fit = found.values["x0"]
    assert fit == new
    assert type(fit) is type(new)
    if isinstance(new, (list, tuple)):
        assert [type(item) for item in fit] == [type(item) for item in new]


@pytest.mark.parametrize("old", [1.5, np.float64(1.5), np.array([1, 2]), np.int8(3)])
def test_numbers_that_are_too_large_are_rejected(old):
    huge = [10**400, 1] if getattr(old, "shape", ()) else 10**400
    found = parse(reply(x0=huge), {"x0": node(old, name="x", trainable=True)})
    assert found.values == {}
    assert list(found.rejected) == ["x0"]


def test_a_reason_is_short_however_long_the_value():
    found = parse(reply(x0="word " * 5000), variables())
    assert found.rejected["x0"].startswith("it takes a float, not 'word word")
    assert len(found.rejected["x0"]) < 600


def test_code_that_is_broken_now_can_be_mended():
    @bundle(trainable=True)
    def act(x):
        return x

    act.parameter.update("def act(x:\n    return x")
    found = parse(reply(act0="def act(x):\n    return x + 1"), {"act0": act.parameter})
    assert found.rejected == {}


def test_a_reply_that_breaks_off_after_a_wrong_escape_is_rejected():
    found = parse('{"reasoning": "r", "suggestion": {"x\\_0": 5, "y', variables())
    assert found.values == {}
    assert "reply" in found.rejected


@pytest.mark.parametrize(
    ("old", "proposed", "reason"),
    [
        (np.array([1, 2]), [1.9, 2.9], "takes a int, not 1.9"),
        (np.array([1, 2]), [True, 2], "takes a int, not True"),
        (np.array([True, True]), [0.3, 0], "neither true nor false"),
        (np.array([1.0, 2.0]), [float("nan"), 1], "finite"),
        (np.array([1.0, 2.0]), [1, float("inf")], "finite"),
        (np.array([1.0, 2.0]), [1, None], "takes a float"),
        (np.zeros(2, np.float32), [1e300, 1], "finite"),
        (np.float32(1), 1e300, "finite"),
        ({"lr": 0.1, "k": 3}, {"lr": 0.2}, "keys ['lr', 'k'], not ['lr']"),
        ({"lr": 0.1}, {"lr": 0.2, "other": 1}, "not ['lr', 'other']"),
        ({"lr": 0.1}, {"lr": float("nan")}, "finite"),
        ({"lr": 0.1}, {"lr": "fast"}, "takes a float"),
    ],
)
def test_items_of_arrays_and_dicts_are_checked_as_numbers_are(old, proposed, reason):
    found = parse(reply(x0=proposed), {"x0": node(old, name="x", trainable=True)})
    assert found.values == {}
    assert reason in found.rejected["x0"]


def test_items_of_arrays_and_dicts_are_read_as_numbers_are():
    def read(old, proposed):
        return convert(proposed, node(old, trainable=True))

    flags = read(np.array([True, True]), ["False", True])
    assert (flags.dtype, flags.tolist()) == (bool, [False, True])
    assert read(np.array([[1, 2]], np.int8), [[3.0, 4]]).tolist() == [[3, 4]]
    assert np.isnan(read(np.array([np.nan, 1]), [float("nan"), 2])[0])
    new = read({"lr": 0.1, "k": 3, "any": None}, {"k": 4.0, "lr": "0.2", "any": "x"})
    assert new == {"lr": 0.2, "k": 4, "any": "x"}
    assert [type(value) for value in new.values()] == [float, int, str]
    assert read({}, {"free": 1}) == {"free": 1}


@pytest.mark.parametrize("given", ["k=99, *, up=True", "k, *, up=True", "k=3, *, up=False"])
def test_code_keeps_the_defaults_since_calls_are_bound_by_the_originals(given):
    @bundle(trainable=True)
    def act(x, k=3, *, up=True):
        return x + k

    convert("def act(x, k = 3, *, up: bool=True):\n    return x * k", act.parameter)
    with pytest.raises(SyntaxError, match=r"keep the defaults \(k=3, up=True\), not \("):
        convert(f"def act(x, {given}):\n    return x", act.parameter)


def test_a_default_of_its_own_is_refused():
    @bundle(trainable=True)
    def act(x, k):
        return x + k

    with pytest.raises(SyntaxError, match=r"keep the defaults \(\), not \(k=1\)"):
        convert("def act(x, k=1):\n    return x", act.parameter)
