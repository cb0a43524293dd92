"""The names that new code of a bundle may use."""

import pytest

from trace_core import (
    ExecutionError,
    bundle,
    node,
)

pytestmark = pytest.mark.usefixtures("in_process")


def rewrite(item, code):
    item.parameter.update(code)


@bundle(trainable=True)
def uses_later(x):
    return helper_below(x)


def helper_below(x):
    return x * 7


def test_code_sees_what_its_module_defines_later():
    assert uses_later(2).data == 14
    twin = uses_later.twin(uses_later.parameter.detach())
    rewrite(twin, "def uses_later(x):\n    return helper_below(x) + 1")
    assert twin(2).data == 15


def test_code_sees_the_variables_around_it():
    factor, unused = 2, 50

    @bundle(trainable=True)
    def scale(x):
        return x * factor

    rewrite(scale, "def scale(x):\n    return x * factor + unused")
    assert scale(1).data == 52
    factor = 3
    assert scale(1).data == 53
    del unused


def test_a_variable_that_is_not_assigned_yet_is_no_obstacle():
    @bundle(trainable=True)
    def first(x):
        return second(x)

    rewrite(first, "def first(x):\n    return x")
    assert first(1).data == 1

    def second(x):
        return x


@bundle(trainable=True)
def sum(items):  # noqa: A001 that is what is tested
    total = 0
    for item in items:
        total += item
    return total


@bundle()
def input(x):  # noqa: A001
    return x


def test_a_bundle_may_have_the_name_of_a_builtin():
    assert sum([1, 2, node(3)]).data == 6
    assert input(2).base_name == "input"
    twin = sum.twin(sum.parameter.detach())
    rewrite(twin, "def sum(items):\n    return items[0] + sum(items[1:]) if items else 0")
    assert twin([1, 2, 3]).data == 6


def test_new_code_that_changes_from_def_to_async_def_is_a_failure():
    @bundle(trainable=True)
    def act(x):
        return x

    rewrite(act, "async def act(x):\n    return x")
    with pytest.raises(ExecutionError, match="must stay a def"):
        act(1)


@pytest.mark.parametrize(
    "code",
    ["def act(x, x):\n    return x", "def act(x):\n    return \0", "def act(x):" + "(" * 500],
)
def test_code_that_cannot_be_compiled_is_a_failure(code):
    @bundle(trainable=True)
    def act(x):
        return x

    act.parameter.update(code)
    with pytest.raises(ExecutionError, match="SyntaxError"):
        act(1)
