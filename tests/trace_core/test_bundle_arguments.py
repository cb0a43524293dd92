"""Arguments of bundles: names, defaults, wrong calls."""

import functools

import numpy as np
import pytest

from trace_core import (
    bundle,
    node,
)


def test_positional_only_keyword_only_and_variable_arguments_have_names_of_their_own():
    @bundle()
    def f(a, /, args_0, *args, key=1, **more):
        return a, args_0, args, key, more

    out = f(1, 2, 3, 4, a=5, args_1=6, key=7)
    assert out.data == (1, 2, (3, 4), 7, {"a": 5, "args_1": 6})
    names = ["a", "args_0", "args_0_", "args_1", "key", "more_a", "more_args_1"]
    assert list(out.inputs) == names
    assert [p.data for p in out.parents] == [1, 2, 3, 4, 7, 5, 6]


def test_names_of_inputs_are_unique_whatever_the_keywords():
    @bundle(trainable=True)
    def f(*args, **more):
        return args, more

    out = f(1, args_0=2, __code=3)
    assert out.data == ((1,), {"args_0": 2, "__code": 3})
    assert len(out.inputs) == len(out.parents) == 4
    assert out.inputs["__code"] is f.parameter


@pytest.mark.parametrize(
    ("args", "keywords"),
    [((1,), {}), ((1, 2), {}), ((), {"x": 1}), ((), {"y": 3, "x": 1}), ((1,), {"y": 5})],
)
def test_defaults_and_keywords_reach_the_function_as_without_bundle(args, keywords):
    def plain(x, y=4):
        return x, y

    out = bundle(plain)(*args, **keywords)
    assert out.data == plain(*args, **keywords)
    assert list(out.inputs) == ["x", "y"]


@pytest.mark.parametrize(
    ("args", "keywords"), [((), {}), ((1, 2, 3), {}), ((1,), {"x": 2}), ((1,), {"z": 2})]
)
def test_wrong_calls_are_type_errors(args, keywords):
    with pytest.raises(TypeError):
        bundle(lambda x, y=4: x)(*args, **keywords)
    with pytest.raises(TypeError):
        bundle(lambda x, /: x)(x=1)


def test_an_argument_may_be_called_self():
    assert bundle(lambda **more: more)(self=1).data == {"self": 1}


def test_a_mutable_default_is_one_object_as_in_python():
    marker = object()

    @bundle()
    def f(x, seen=[marker]):  # noqa: B006 that is what is tested
        return seen[0]

    assert f(1).data is f(2).data


def test_functions_in_c_are_called_as_they_were():
    assert bundle()(np.sqrt)(node(4.0, name="x")).data == 2.0
    assert bundle()(len)([1, 2]).inputs.keys() == {"obj"}
    assert bundle()(functools.partial(pow, 2))(3).data == 8
