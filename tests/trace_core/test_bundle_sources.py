"""What can be a bundle, and whose source is found."""

import functools
import linecache

import pytest

from trace_core import (
    ExecutionError,
    TraceError,
    bundle,
)


def test_each_lambda_has_its_own_source():
    one, two = bundle(lambda x: x + 1), bundle(lambda y: (lambda z: z * 2)(y))
    assert one.operator.source == "lambda x: x + 1"
    assert two.operator.source == "lambda y: (lambda z: z * 2)(y)"
    split = bundle(
        lambda x: (
            x
            + 3
        )
    )  # fmt: skip
    assert split.operator.source.split() == ["lambda", "x:", "(", "x", "+", "3", ")"]


@pytest.mark.parametrize("kind", ["exec", "class", "callable", "bound", "builtin", "partial"])
def test_without_a_def_of_its_own_nothing_is_trainable(kind):
    made = {}
    exec("def act(x):\n    return x", made)
    unfit = {
        "exec": made["act"],
        "class": Callable,
        "callable": Callable(),
        "bound": Callable().method,
        "builtin": len,
        "partial": functools.partial(divmod, 7),
    }
    with pytest.raises(TraceError, match="can't be trainable"):
        bundle(trainable=True)(unfit[kind])


class Callable:
    operator = "mine"

    def __call__(self, x):
        return x + 1

    def method(self, x):
        return x + 2


def test_callables_of_every_kind_are_operators():
    assert bundle(Callable())(1).data == 2
    assert bundle(Callable().method)(1).data == 3
    assert bundle(functools.partial(pow, 2))(3).data == 8
    assert bundle(max)(1, 5).data == 5
    assert bundle(complex)(1, 2).data == 1 + 2j
    assert bundle(Callable())(1).base_name == "Callable"


def test_a_failure_in_a_callable_without_a_name_is_told():
    with pytest.raises(ExecutionError) as caught:
        bundle(functools.partial(pow, "a"))(2)
    assert "In partial" in caught.value.exception_node.create_feedback("full")


def test_a_changed_file_is_no_source(tmp_path):
    path = tmp_path / "changing.py"
    path.write_text("def act(x):\n    return x\n")
    made = {}
    exec(compile(path.read_text(), str(path), "exec"), made)
    path.write_text("def other(x):\n    return x\n")
    linecache.checkcache()
    with pytest.raises(TraceError, match="source was not found"):
        bundle(trainable=True)(made["act"])


def test_what_is_no_function_is_a_type_error():
    with pytest.raises(TypeError, match="takes a function or its description, not 3"):
        bundle(3)
    with pytest.raises(TraceError, match="a bundle already"):
        bundle(bundle(lambda x: x))
