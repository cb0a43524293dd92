"""Bundles between other decorators, and the code that their parameters hold."""

import functools

import pytest

from trace_core import (
    UserError,
    bundle,
    sandbox,
)

pytestmark = pytest.mark.usefixtures("in_process")


def rewrite(item, code):
    item.parameter.update(code)


def doubled(function):
    @functools.wraps(function)
    def run(*args, **keywords):
        return 2 * function(*args, **keywords)

    return run


@doubled
@bundle(
    description=None,  # a comment with ): in it
    trainable=True,
)
# a comment before def
@doubled
def stacked(x, text="a: b", *, more=(1, {"k": 2})) -> "dict[str, int]":  # no: colon
    """Say: x.

    More: of it.
    """
    return x


def test_decorators_stay_around_new_code():
    inner = stacked.__wrapped__
    assert stacked(1).data == 4
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inner, "parameter", inner.parameter.detach())
        rewrite(inner, "def stacked(x, text='', *, more=0):\n    return x + 10")
        assert stacked(1).data == 44


def test_the_code_is_the_function_alone_and_its_start_is_its_constraint():
    code = stacked.__wrapped__.parameter
    assert code.data.startswith('def stacked(x, text="a: b", *, more=(1, {"k": 2})) -> "dict')
    assert code.data.endswith("    return x")
    assert code.constraint.endswith('    """Say: x.\n\n    More: of it.\n    """')


def test_a_decorator_that_cannot_be_found_again_is_the_users_to_mend():
    class Inside:
        def local(function):  # noqa: N805 a decorator
            return functools.wraps(function)(lambda self: function(self))

        @bundle(trainable=True)
        @local
        def act(self):
            return 1

    item = Inside()
    assert item.act().data == 1
    rewrite(item.act, "def act(self):\n    return 2")
    with pytest.raises(UserError, match="@local of act can't be applied"):
        item.act()


@bundle(trainable=True)
def one_line(x: "a: b" = {1: 2}) -> (lambda: 0): return x  # fmt: skip  # noqa


@bundle(trainable=True)
def many_lines(
    x,  # first: one
    y=lambda z: z,
) -> int:
    return x


@bundle(trainable=True)
async def waits(x): return x  # fmt: skip  # noqa


def test_signatures_are_found_by_position():
    start = "The code should start with:\n"
    assert (
        one_line.parameter.constraint == start + 'def one_line(x: "a: b" = {1: 2}) -> (lambda: 0):'
    )
    lines = "def many_lines(\n    x,  # first: one\n    y=lambda z: z,\n) -> int:"
    assert many_lines.parameter.constraint == start + lines
    assert waits.parameter.constraint == start + "async def waits(x):"


class Texts:
    @bundle(trainable=True)
    def poem(self):
        """A poem
        that is written further left."""
        return """a
  b
c"""


def test_text_inside_strings_keeps_its_indentation():
    code = Texts.poem.parameter.data
    assert code.endswith('    return """a\n  b\nc"""')
    made = {}
    exec(code, made)
    assert made["poem"](None) == Texts().poem().data == "a\n  b\nc"


def test_a_method_that_is_rewritten_to_what_it_was_is_what_it_was():
    texts = Texts()
    texts.poem.parameter.update("".join(list(texts.poem.parameter.data)))
    with sandbox.use("none"):
        assert texts.poem().data.startswith("a")
